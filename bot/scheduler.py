"""Wakes what is due. The database says what that is; APScheduler is only the alarm clock."""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from contextlib import suppress
from datetime import datetime, timedelta

import structlog
from apscheduler.schedulers.asyncio import AsyncIOScheduler
from apscheduler.triggers.cron import CronTrigger

from bot.retention import STANDARD, Retention
from storage.database import Database
from storage.errors import StoreUnavailable
from storage.repositories.attendance import DAYS_KEPT

log = structlog.get_logger(__name__)

LAST_JOB_S = 5.0

Job = Callable[[], Awaitable[None]]


class Scheduler:
    """Runs the nightly clean-up and what else is due; every job may be called late, twice or never.

    `long_jobs` hold up no start: they wait for the night. `frequent_jobs` are done each minute, too.
    """

    def __init__(
        self,
        database: Database,
        local_time: Callable[[], datetime],
        jobs: Sequence[Job] = (),
        long_jobs: Sequence[Job] = (),
        frequent_jobs: Sequence[Job] = (),
        retention: Retention = STANDARD,
    ) -> None:
        self._database = database
        self._retention = retention
        self._local_time = local_time
        self._clock = AsyncIOScheduler(timezone=local_time().tzinfo)
        self._jobs = (self._forget, *jobs)
        self._long_jobs = long_jobs
        self._frequent_jobs = frequent_jobs
        self._in_hand: set[asyncio.Future[None]] = set()

    async def start(self) -> None:
        """Do what became due while we were away, then go on each minute, and nightly at 3."""
        await self._run((*self._jobs, *self._frequent_jobs))
        self._set(self.wake, CronTrigger(hour=3))
        if self._frequent_jobs:
            self._set(self._look, CronTrigger(second=0))
        self._clock.start()

    def _set(self, job: Job, trigger: CronTrigger) -> None:
        async def ring() -> None:
            # Stopping cancels what is in hand: it is done at the next start. The library would print where it was.
            with suppress(asyncio.CancelledError):
                await job()

        self._clock.add_job(ring, trigger, misfire_grace_time=None, coalesce=True)

    async def wake(self) -> None:
        """Do all that is due now."""
        await self._run((*self._jobs, *self._frequent_jobs, *self._long_jobs))

    async def _look(self) -> None:
        await self._run(self._frequent_jobs)

    async def _run(self, jobs: Sequence[Job]) -> None:
        for job in jobs:
            try:
                await self._unbroken(job)
            except StoreUnavailable as error:
                log.error("scheduler.store_unavailable", reason=str(error))

    async def _unbroken(self, job: Job) -> None:
        """Do something that stopping waits for: cut off in the middle, a connection would be of no use any more."""
        task = asyncio.ensure_future(job())
        self._in_hand.add(task)
        task.add_done_callback(self._in_hand.discard)
        await asyncio.shield(task)

    def stop(self) -> None:
        """Set no more alarms."""
        if self._clock.running:
            self._clock.shutdown(wait=False)

    async def idle(self) -> None:
        """Wait until what is in hand is done, for some seconds; it is done again at the next start if it was not."""
        if not self._in_hand:
            return
        await asyncio.wait(self._in_hand, timeout=LAST_JOB_S)
        for task in list(self._in_hand):
            task.cancel()
        await asyncio.gather(*self._in_hand, return_exceptions=True)

    async def _forget(self) -> None:
        """Delete all that is past its time."""
        now, kept = self._local_time(), self._retention
        today = now.date()
        ids_before, questions_before = now - timedelta(days=kept.ids), today - timedelta(days=kept.open_questions)
        async with self._database.unit_of_work() as uow:
            await uow.mailbox.forget(before=ids_before)
            await uow.routing.forget(today, questions_before)  # as long as it is known when they were asked
            await uow.questions.forget(now - timedelta(days=kept.offers), ids_before, questions_before)
            await uow.requests.forget(today)
            await uow.attendance.forget(today)
            await uow.agenda.forget_owners(today - timedelta(days=DAYS_KEPT))
            await uow.minutes.forget(today)
            monday = today - timedelta(days=today.weekday())
            await uow.people.forget(now, monday, today - timedelta(days=kept.unmet_topics))
            await uow.commit()
