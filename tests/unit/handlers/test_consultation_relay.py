"""Whatever people say, change and delete: everywhere else in their group stands just that, each message once."""

import asyncio
import os
import shutil
import tempfile
from collections.abc import AsyncIterator, Mapping, Sequence
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import event

from bot.messages import Kind
from conftest import MovedClock, fresh_sqlite
from consulting import ROOM, SUPPORTERS, Consultation, opened, table
from storage.database import Database
from storage.models.peer_consultation import GroupPlace
from traffic import Traffic

SPEAKERS = ("ruth", "tom", "ben", "mehmet")
"""Who has the word in the phase of advice: three in the room, one in a chat of their own; Ben then has one, too."""
DOINGS = st.lists(
    st.tuples(st.sampled_from(("say", "say", "edit", "delete")), st.sampled_from(SPEAKERS), st.integers(0, 9)),
    max_size=12,
)
EXAMPLES = 8 if os.environ.get("CI") else 20
"""Each one is a consultation of its own, hence few on CI."""


@given(DOINGS, st.booleans())
@settings(max_examples=EXAMPLES, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_each_message_stands_once_at_each_other_place(
    migrated: Path, doings: Sequence[tuple[str, str, int]], has_third: bool
) -> None:
    asyncio.run(_played(migrated, doings, has_third=has_third))


async def _played(migrated: Path, doings: Sequence[tuple[str, str, int]], *, has_third: bool) -> None:
    with tempfile.TemporaryDirectory() as folder:
        shutil.copy(migrated, Path(folder) / "test.db")
        database = Database(fresh_sqlite(Path(folder)))
        event.listen(database._engine.sync_engine, "connect", lambda one, _: one.execute("PRAGMA synchronous=OFF"))
        traffic = await Traffic(database, MovedClock(), SUPPORTERS, table=table()).open()
        consultation = await Consultation(traffic).open()
        far = {"mehmet", *(["ben"] if has_third else [])}
        if has_third:
            await _have_chat(consultation, "ben")
        expected = await _do(consultation, doings, far)
        seen = {place: consultation.in_room if place == "room" else consultation.seen_by(place) for place in expected}
        await traffic.stop()
        await database.close()
    for place, texts in expected.items():
        assert [text for text in seen[place] if text.startswith("**") and ":**" in text] == texts


async def _have_chat(consultation: Consultation, person: str) -> None:
    async with consultation.traffic.database.unit_of_work() as uow:
        who = consultation.people[person]
        known = await uow.people.find(who.platform, who.sender.id)
        assert known is not None
        place = GroupPlace(
            platform=who.platform,
            conversation_id=who.chat.id,
            group_id=consultation.number,
            is_direct=True,
            person_id=known.id,
        )
        await uow.consultations.add_place(place)
        await uow.commit()


async def _do(
    consultation: Consultation, doings: Sequence[tuple[str, str, int]], far: set[str]
) -> Mapping[str, Sequence[str]]:
    """Say, change and delete; gives what has to stand where by then."""
    said: list[list[str]] = []  # speaker, event, text; a deleted one without text
    for number, (doing, speaker, place) in enumerate(doings):
        text = f"Gedanke Nummer {number} dazu."
        chat = consultation.people[speaker].chat if speaker in far else None
        own = [one for one in said if one[0] == speaker and one[2]]
        changes: dict[str, object] = {"is_addressed": chat is not None}
        if doing != "say":
            if not own:
                continue
            changes |= {"kind": Kind(doing if doing == "edit" else "deletion"), "refers_to": own[place % len(own)][1]}
        await consultation.says(speaker, "" if doing == "delete" else text, place=chat, **changes)
        if doing == "say":
            said.append([speaker, consultation.people[speaker].said, text])
        else:
            own[place % len(own)][2] = "" if doing == "delete" else text
    names = {person: one.sender.name for person, one in consultation.people.items()}
    lines = [(speaker, f"**{names[speaker]}:** {text}") for speaker, _, text in said if text]
    return {
        "room": [line for speaker, line in lines if speaker in far],
        **{person: [line for speaker, line in lines if speaker != person] for person in far},
    }


async def test_nobody_hears_themselves(migrated: Path, tmp_path: Path, clock: MovedClock) -> None:
    shutil.copy(migrated, tmp_path / "test.db")
    database = Database(fresh_sqlite(tmp_path))
    traffic = await Traffic(database, clock, SUPPORTERS, table=table()).open()
    consultation = await Consultation(traffic).open()
    await _have_chat(consultation, "ben")
    said = await consultation.says("ben", "Ein Gedanke.")
    assert [one.conversation for one in said] == [consultation.mehmet.chat]
    await traffic.stop()
    await database.close()


@pytest.mark.parametrize("times", [1, 2])
async def test_an_event_that_comes_twice_is_passed_on_once(
    migrated: Path, tmp_path: Path, clock: MovedClock, times: int
) -> None:
    shutil.copy(migrated, tmp_path / "test.db")
    database = Database(fresh_sqlite(tmp_path))
    traffic = await Traffic(database, clock, SUPPORTERS, table=table()).open()
    consultation = await Consultation(traffic).open()
    said = consultation.mehmet.incoming("Ein Gedanke.", consultation.mehmet.chat)
    for _ in range(times):
        await traffic.hear(said)
    assert consultation.in_room == ["**Mehmet Demir:** Ein Gedanke."]
    await traffic.stop()
    await database.close()


# what does not arrive

NOT_AT_MEHMETS = "Was hier gesagt wird, kommt bei Mehmet Demir gerade nicht an."
NOT_IN_ROOM = "Was hier gesagt wird, kommt im Raum gerade nicht an."


@pytest.fixture
async def consultation(migrated: Path, tmp_path: Path, clock: MovedClock) -> AsyncIterator[Consultation]:
    async with opened(migrated, tmp_path, clock, table()) as traffic:
        yield await Consultation(traffic).open()


async def test_where_something_was_said_is_told_once_that_it_does_not_arrive(consultation: Consultation) -> None:
    await _have_chat(consultation, "ben")
    consultation.traffic.teams.lost.add(consultation.mehmet.chat.id)
    for words in ("Ein Gedanke.", "Noch einer."):
        await consultation.says("ruth", words)
    assert consultation.in_room == [NOT_AT_MEHMETS]
    assert NOT_AT_MEHMETS not in consultation.seen_by("ben")


async def test_who_speaks_from_afar_hears_alone_that_it_does_not_arrive(consultation: Consultation) -> None:
    await _have_chat(consultation, "ben")
    consultation.traffic.matrix.lost.add(ROOM.id)
    for words in ("Ein Gedanke.", "Noch einer."):
        await consultation.says("mehmet", words)
    assert consultation.seen_by("mehmet").count(NOT_IN_ROOM) == 1
    assert NOT_IN_ROOM not in consultation.seen_by("ben")


async def test_nothing_is_told_where_that_does_not_arrive_either(consultation: Consultation) -> None:
    consultation.traffic.teams.lost.add(consultation.mehmet.chat.id)
    consultation.traffic.matrix.lost.add(ROOM.id)
    await consultation.says("ruth", "Ein Gedanke.")
    assert not [one for one in consultation.traffic.sent if "kommt" in one.text]
    async with consultation.traffic.database.reading() as uow:
        assert await uow.mailbox.waiting_to_send() == []


async def test_that_something_did_not_arrive_goes_with_the_rest(consultation: Consultation) -> None:
    consultation.traffic.teams.lost.add(consultation.mehmet.chat.id)
    await consultation.says("ruth", "Ein Gedanke.")
    await consultation.says("ruth", "ende")
    await consultation.says("ruth", "ja")
    await consultation.says("ruth", "gleich")
    assert NOT_AT_MEHMETS not in consultation.in_room
    assert await consultation.group() is None
