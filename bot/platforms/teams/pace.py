"""Keeps to the rates at which Teams takes messages of a bot, so that it need not refuse any."""

import time

from pyrate_limiter import InMemoryBucket, Rate, RateItem

from bot.recent import Recent

# Messages in milliseconds, in one conversation and in the whole tenant (Microsoft, "Optimize your bot with rate
# limiting in Teams").
IN_A_CONVERSATION = [Rate(7, 1_000), Rate(8, 2_000), Rate(60, 30_000), Rate(1_800, 3_600_000)]
IN_THE_TENANT = [Rate(30, 1_000)]
CONVERSATIONS = 10_000


class Pace:
    """Says how long to wait before the next message."""

    def __init__(self) -> None:
        self._tenant = InMemoryBucket(IN_THE_TENANT)
        self._conversations: Recent[InMemoryBucket] = Recent(CONVERSATIONS)

    def wait_s(self, conversation_id: str) -> float:
        """Seconds until a message may be sent to a conversation; zero takes a turn."""
        now = time.monotonic_ns() // 1_000_000
        bucket = self._bucket(conversation_id)
        for limit in (bucket, self._tenant):
            limit.leak(now)
            turn = RateItem(conversation_id, now)
            if not limit.put(turn):
                if limit is self._tenant:
                    bucket.items.pop()  # nothing is sent, so the conversation has not had its turn
                waiting = limit.waiting(turn)
                return max(float(waiting) if isinstance(waiting, int) else 0.0, 1.0) / 1_000
        return 0.0

    def _bucket(self, conversation_id: str) -> InMemoryBucket:
        bucket = self._conversations.get(conversation_id)
        if bucket is None:
            bucket = InMemoryBucket(IN_A_CONVERSATION)
        self._conversations[conversation_id] = bucket  # also when it is known: it was used last
        return bucket
