"""The people of the invented town: who they are, where they work, and what the supporters among them tell."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, time, timedelta
from secrets import token_hex

from bot.messages import Sender
from bot.platforms.console import NAME, direct_chat
from bot.turn import Night
from handlers.jour_fixe.series import fill, take_place
from handlers.jour_fixe.templates import usual
from knowledge.rhythm import starting
from knowledge.working_days import WorkingDays
from storage.database import Database
from storage.models.jour_fixe import Duty, Frequency, JourFixe, MeetingState
from storage.models.people import Experience, Portrait

PEOPLE: Mapping[str, Sender] = {
    "beschäftigt": Sender("oezdemir", "Frau Özdemir"),
    "lotse": Sender("berger", "Tom Berger"),
    "koordination": Sender("may", "Jutta May"),
    "aylin": Sender("kaya", "Aylin Kaya"),
    "ruth": Sender("maier", "Ruth Maier"),
    "mehmet": Sender("demir", "Mehmet Demir"),
    "svenja": Sender("petersen", "Svenja Petersen"),
}
PARTS: Mapping[str, str] = {
    "beschäftigt": "aus dem Umweltamt",
    "lotse": "Lotse im Sozialamt",
    "koordination": "Koordination",
    "aylin": "Lotsin in der Stadtbücherei",
    "ruth": "Lotsin in der Kämmerei",
    "mehmet": "Lotse im Ordnungsamt",
    "svenja": "Lotsin im IT-Service",
}
"""What each of them does, to whoever tries it out."""


THURSDAY = 3
FIRST_AHEAD = timedelta(days=8)
"""The first meeting is one to two weeks ahead, so that there is time to prepare it."""


@dataclass(frozen=True, slots=True)
class Told:
    """What a supporter of the demo tells about themselves."""

    department: str
    topics: tuple[str, ...]
    formats: tuple[str, ...] = ()
    note: str = ""
    out_of_scope: str = ""
    experience: Experience = Experience.EXPERIENCED


TOLD: Mapping[str, Told] = {
    "lotse": Told("Sozialamt", ("E-Akte", "E-Mails veraktet ablegen"), ("Kurze Hilfe",), out_of_scope="Hardware"),
    "aylin": Told("Stadtbücherei", ("Kanban-Boards", "Workshops gestalten"), ("Workshops moderieren",)),
    "ruth": Told("Kämmerei", ("E-Rechnung", "Kanban-Boards"), ("Schulungen",), note="nur vormittags"),
    "mehmet": Told("Ordnungsamt", ("Barrierefreie PDFs", "Textbausteine"), experience=Experience.NEW),
    "svenja": Told("IT-Service", ("VPN", "Videokonferenzen"), ("Kurze Hilfe",), experience=Experience.NEW),
}
DUTIES: Mapping[Duty, str] = {Duty.MODERATOR: "aylin", Duty.MINUTE_TAKER: "lotse"}
"""Who has them at the first meeting."""


async def settle(database: Database, now: datetime, days: WorkingDays) -> None:
    """Have the supporters of the demo known with their portraits, and their jour fixe be planned.

    `now` is aware, in the time zone of the house. Raises `StoreUnavailable`.
    """
    async with database.unit_of_work() as uow:
        numbers: dict[str, int] = {}
        for name, told in TOLD.items():
            sender = PEOPLE[name]
            person = await uow.people.know(NAME, sender.id, sender.name)
            assert person.id is not None
            numbers[name] = person.id
            person.department = told.department
            await uow.addresses.know(NAME, direct_chat(sender), sender.id)
            await uow.people.keep(
                Portrait(
                    person_id=person.id,
                    topics=list(told.topics),
                    formats=list(told.formats),
                    note=told.note,
                    out_of_scope=told.out_of_scope,
                    experience=told.experience,
                    consented_on=now.date(),
                )
            )
        await _plan(Night(now, str, uow), days, {duty: numbers[name] for duty, name in DUTIES.items()})
        await uow.commit()


async def _plan(night: Night, days: WorkingDays, duties: Mapping[Duty, int]) -> None:
    """Have the series be planned, as if long ago: nobody is asked about days off or first duties."""
    rhythm = starting(Frequency.WEEKLY, 4, THURSDAY, None, night.today + FIRST_AHEAD)
    jour_fixe = JourFixe(
        title="Jour fixe",
        frequency=rhythm.frequency,
        interval=rhythm.interval,
        weekday=rhythm.weekday,
        first_on=rhythm.first_on,
        begins=time(9),
        minutes=90,
        zone=str(night.now.tzinfo),
        place="Raum 2.14",
        template=[*usual(90)],
        calendar_id=token_hex(),
    )
    number = await night.uow.jour_fixe.add(jour_fixe)
    await fill(night, days, jour_fixe)
    for meeting in await night.uow.jour_fixe.in_state(MeetingState.COLLIDING):
        meeting.day = days.moves(meeting.day, night.today)[0]
        take_place(night, meeting)
    following = await night.uow.jour_fixe.next_meeting(number, night.today)
    assert following is not None
    for duty, person in duties.items():
        await night.uow.attendance.give(following.id or 0, duty, person)
