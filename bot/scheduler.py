"""Wakes what is due. The database says what that is; APScheduler is only the alarm clock."""

from collections.abc import Awaitable, Callable, Sequence
from datetime import datetime, timedelta

import structlog
from apscheduler.schedulers.asyncio import AsyncIOScheduler
from apscheduler.triggers.cron import CronTrigger

from storage.database import Database
from storage.errors import StoreUnavailable

log = structlog.get_logger(__name__)

# How long things are kept at the most (domain page, 5.1).
OFFERS_KEPT = timedelta(days=7)
QUESTIONS_KEPT = timedelta(days=90)
EVENT_IDS_KEPT = timedelta(days=30)


Job = Callable[[], Awaitable[None]]


class Scheduler:
    """Runs the nightly clean-up and what else is due; every job may be called late, twice or never.

    `long_jobs` hold up no start: they wait for the night.
    """

    def __init__(
        self,
        database: Database,
        local_time: Callable[[], datetime],
        jobs: Sequence[Job] = (),
        long_jobs: Sequence[Job] = (),
    ) -> None:
        self._database = database
        self._local_time = local_time
        self._clock = AsyncIOScheduler(timezone=local_time().tzinfo)
        self._jobs = (self._forget, *jobs)
        self._long_jobs = long_jobs

    async def start(self) -> None:
        """Do what became due while we were away, then go on nightly at 3."""
        await self._run(self._jobs)
        self._clock.add_job(self.wake, CronTrigger(hour=3), misfire_grace_time=None, coalesce=True)
        self._clock.start()

    async def wake(self) -> None:
        """Do all that is due now."""
        await self._run((*self._jobs, *self._long_jobs))

    async def _run(self, jobs: Sequence[Job]) -> None:
        for job in jobs:
            try:
                await job()
            except StoreUnavailable as error:
                log.error("scheduler.store_unavailable", reason=str(error))

    def stop(self) -> None:
        """Set no more alarms."""
        if self._clock.running:
            self._clock.shutdown(wait=False)

    async def _forget(self) -> None:
        now = self._local_time()
        async with self._database.unit_of_work() as uow:
            await uow.mailbox.forget(before=now - EVENT_IDS_KEPT)
            await uow.questions.forget(now - OFFERS_KEPT, (now - QUESTIONS_KEPT).date())
            await uow.commit()
