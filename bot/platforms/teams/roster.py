"""Who belongs to the house: guests of the tenant and people of other ones are told apart by Teams' own roster."""

import time

from bot.platforms.teams.activities import Call
from bot.platforms.teams.connector import Connector, ConnectorError
from bot.platforms.teams.refusal import Refusal
from bot.platforms.wire import Wire, text
from bot.recent import Recent

REMEMBERED_S = 24 * 3600
GUEST, ANONYMOUS = "guest", "anonymous"


class Roster:
    """Asks Teams once a day for each person who writes; what it says is kept in memory only.

    With `lets_guests_in`, guests of the tenant count as people of the house; strangers never do.
    """

    def __init__(self, connector: Connector, tenant_id: str, lets_guests_in: bool = False) -> None:
        self._connector = connector
        self._tenant_id = tenant_id
        self._lets_guests_in = lets_guests_in
        self._seen: Recent[float] = Recent()  # the Teams id of somebody who is let in -> when Teams said so

    async def check(self, call: Call) -> None:
        """Raise `Refusal` unless the person belongs to the house; nobody is let in as long as Teams does not say so."""
        if not call.person or not call.account:
            raise Refusal(403, "no account in the tenant")
        seen = self._seen.get(call.account)
        if seen is not None and time.monotonic() - seen < REMEMBERED_S:
            return
        try:
            # In a channel, the team is what people are members of.
            member = await self._connector.member(call.address, call.team_id or call.conversation.id, call.account)
        except ConnectorError as error:
            raise Refusal(403 if error.is_final else 503, "roster") from None
        if not self._is_of_the_house(member):
            raise Refusal(403, "guest")
        self._seen[call.account] = time.monotonic()

    def _is_of_the_house(self, member: Wire) -> bool:
        role, tenant_id = text(member, "userRole").casefold(), text(member, "tenantId")
        if role == GUEST:
            return self._lets_guests_in
        return role != ANONYMOUS and tenant_id in ("", self._tenant_id)
