"""The people of the invented town: who they are, where they work, and what the supporters among them tell."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date

from bot.messages import Sender
from bot.platforms.console import NAME, direct_chat
from storage.database import Database
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


async def settle(database: Database, today: date) -> None:
    """Have the supporters of the demo known with their portraits; raises `StoreUnavailable`."""
    async with database.unit_of_work() as uow:
        for name, told in TOLD.items():
            sender = PEOPLE[name]
            person = await uow.people.know(NAME, sender.id, sender.name)
            assert person.id is not None
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
                    consented_on=today,
                )
            )
        await uow.commit()
