"""The demo begins with a community that meets: planned as if long ago, with nothing to be said at its start."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from types import SimpleNamespace
from typing import cast
from zoneinfo import ZoneInfo

import pytest

from bot.demo.residents import DUTIES, settle
from bot.demo.run import COMMUNITY, COMMUNITY_ROOM
from bot.messages import Change, Conversation, Send
from bot.platforms.console import NAME
from bot.roles import Role
from bot.turn import House, Night, Services
from handlers.jour_fixe import collisions, half_groups, preparation, rota
from handlers.jour_fixe.appointments import begin_of, upcoming
from storage.database import Database
from storage.models.jour_fixe import MeetingState

BERLIN = ZoneInfo(COMMUNITY.time_zone)
SERVICES = cast(Services, SimpleNamespace(house=House(working_days=COMMUNITY.working_days)))
SUNDAY = datetime(2026, 11, 22, 18, tzinfo=BERLIN)


@pytest.mark.parametrize("day", range(7))
async def test_the_next_meeting_is_one_to_three_weeks_ahead_whenever_the_demo_begins(
    sqlite: Database, day: int
) -> None:
    now = SUNDAY + timedelta(days=day)
    await settle(sqlite, now, COMMUNITY.working_days)
    async with sqlite.unit_of_work() as uow:
        [(series, meeting)] = await upcoming(Night(now, str, uow))
        assert timedelta(weeks=1) < begin_of(series, meeting) - now < timedelta(weeks=3)
        assert (meeting.day.weekday(), meeting.begins.hour, meeting.minutes, meeting.place) == (3, 9, 90, "Raum 2.14")
        assert set(await uow.attendance.duties(meeting.id or 0)) == set(DUTIES)
        assert not await uow.jour_fixe.in_state(MeetingState.COLLIDING)


async def test_nothing_is_said_when_the_demo_begins(sqlite: Database) -> None:
    await settle(sqlite, SUNDAY, COMMUNITY.working_days)
    errands = (collisions.plan_ahead, collisions.ask, rota.look_after, half_groups.look_after, preparation.look_after)
    assert [said for errand in errands for said in await done(sqlite, errand, SUNDAY)] == []
    monday = SUNDAY + timedelta(hours=16)
    [topics] = await done(sqlite, preparation.look_after, monday)
    assert "Themenschluss: Donnerstag, 26. November 2026, 12 Uhr" in topics.text
    assert "später als geplant" not in topics.text


async def done(sqlite: Database, errand: object, now: datetime) -> Sequence[Send | Change]:
    """What an errand says."""

    async def here() -> Sequence[Conversation]:
        return [Conversation(NAME, COMMUNITY_ROOM)]

    async def supporter(_platform: str, _person: str) -> Role:
        return Role.SUPPORTER

    async with sqlite.unit_of_work() as uow:
        night = Night(now, str, uow, coordinators=here, rooms=here, role_of=supporter)
        said = await errand(night, SERVICES)  # type: ignore[operator]
        await uow.commit()
        return cast(Sequence[Send | Change], said)
