"""Who does what in a round: by choice, by lot and by swapping; and whose case it is where nobody has filed one."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from bot.messages import Kind
from conftest import MovedClock
from handlers.peer_consultation import live
from led import Led, drop, opened, to_phase
from storage.models.peer_consultation import GroupState, Part
from traffic import Traffic


@pytest.fixture
async def traffic(migrated: Path, tmp_path: Path, clock: MovedClock) -> AsyncIterator[Traffic]:
    async with opened(migrated, tmp_path, clock) as town:
        yield town


@pytest.fixture
async def led(traffic: Traffic) -> Led:
    """Aylin has the case, and Ruth can moderate."""
    return await Led(traffic).begin()


async def scribe(led: Led) -> str:
    [writing] = await led.who(Part.SCRIBE)
    return writing


async def test_a_casting_is_proposed_at_once(led: Led) -> None:
    writing = next(one for one in (await led.circle()).of(Part.SCRIBE))
    expected = f"Vorschlag: Fall Aylin Kaya, Moderation Ruth Ebert, Mitschrift {writing.name}. Einverstanden?"
    assert led.newest == f"{expected}\nAuf die Zeit achte ich, wenn das niemand übernimmt."
    assert await led.who(Part.CASE_GIVER) == ["aylin"]


async def test_when_all_who_do_something_agree_it_goes_on(led: Led) -> None:
    writing = next(one.name for one in (await led.circle()).of(Part.SCRIBE))
    assert (await led.says("aylin", "einverstanden"))[0].startswith("Notiert. Es fehlt noch: ")
    assert await led.says("ruth", "👍") == [f"Notiert. Es fehlt noch: {writing}."]
    said = await led.says(await scribe(led), "1")
    assert said[-1].startswith("Einverstanden: Fall Aylin Kaya, Moderation Ruth Ebert, Mitschrift")
    assert "**Phase 2 von 6: Erzählen**" in said[-1]
    assert len(await led.who(Part.ADVISER)) == 2
    assert await led.voices() == 0


async def test_after_the_time_is_over_they_still_agree(led: Led) -> None:
    await led.passes(5)
    await led.says("aylin", "ja")
    await led.says("ruth", "ja")
    assert "Phase 2 von 6" in (await led.says(await scribe(led), "ja"))[-1]


async def test_who_moderates_may_also_simply_go_on(led: Led) -> None:
    text = (await led.says("ruth", "weiter"))[-1]
    assert text.startswith("Es gilt: Fall Aylin Kaya, Moderation Ruth Ebert, Mitschrift")
    assert "Phase 2 von 6" in text


@pytest.mark.parametrize("words", ["passt", "ok", "ich schreib mit"])
async def test_to_take_it_over_is_agreed_to_in_one_s_own_words(led: Led, words: str) -> None:
    writing = await scribe(led)
    await led.says(writing, words)
    await led.says("ruth", "ich moderiere")
    assert "Einverstanden: " in " ".join(await led.says("aylin", "passt"))
    assert await led.who(Part.SCRIBE) == [writing]


async def test_only_who_can_moderate_is_proposed_for_it(traffic: Traffic) -> None:
    led = await Led(traffic).begin(can_moderate=["tom", "aylin"])
    assert await led.who(Part.MODERATOR) == ["tom"]


async def test_where_nobody_can_the_bot_keeps_the_form_alone(traffic: Traffic) -> None:
    led = await Led(traffic).begin(can_moderate=[])
    assert await led.who(Part.MODERATOR) == []
    assert led.newest.endswith("Moderiert niemand, achte ich allein auf Ablauf und Zeit.")


async def test_whoever_wants_a_free_part_has_it(led: Led) -> None:
    free = [person for person, part in (await led.parts()).items() if part is None]
    said = await led.says(free[0], "zeit")
    assert "Zeit" in said[-1]
    assert await led.who(Part.TIMEKEEPER) == [free[0]]
    assert await led.says(free[1], "beobachten") != []
    assert await led.who(Part.OBSERVER) == [free[1]]


async def test_whoever_wants_a_part_that_somebody_has_asks_for_it(led: Led) -> None:
    [person, *_] = [person for person, part in (await led.parts()).items() if part is None]
    [asked] = await led.says(person, "moderation")
    assert asked.endswith("möchte tauschen: Moderation. Ruth Ebert, ist das recht?")
    assert await led.who(Part.MODERATOR) == ["ruth"]
    await led.says("ruth", "ja")
    assert await led.who(Part.MODERATOR) == [person]
    assert (await led.parts())["ruth"] is None


async def test_whoever_keeps_their_part_says_no(led: Led) -> None:
    [person, *_] = [person for person, part in (await led.parts()).items() if part is None]
    await led.says(person, "moderation")
    assert (await led.says("ruth", "nein"))[0].startswith("Es bleibt dabei: Fall Aylin Kaya, Moderation Ruth Ebert")


async def test_nobody_gives_a_part_away_that_is_not_theirs(led: Led) -> None:
    one, other = (person for person, part in (await led.parts()).items() if part is None)
    await led.says(one, "moderation")
    await led.says(other, "ja")
    assert await led.who(Part.MODERATOR) == ["ruth"]


async def test_whoever_has_the_case_takes_nothing_else(led: Led) -> None:
    assert await led.says("aylin", "moderation") == ["Wer den Fall hat, übernimmt sonst nichts."]


async def test_whoever_does_not_want_their_case_to_be_the_one_gives_it_back(led: Led) -> None:
    assert await led.says("aylin", "nein") == ["Soll heute ein anderer Fall dran sein?"]
    assert await led.says("aylin", "nein") == ["Gut, es bleibt bei diesem Fall."]
    await led.says("aylin", "2")
    await led.says("aylin", "ja")
    assert led.newest.startswith("Noch fehlt ein Fall.")
    assert await led.who(Part.CASE_GIVER) == []
    assert (await led.group()).case_id is None


@pytest.mark.parametrize(
    ("words", "part"),
    [
        ("ich mache die zeit", Part.TIMEKEEPER),
        ("ich achte auf die Zeit", Part.TIMEKEEPER),
        ("beobachter", Part.OBSERVER),
    ],
)
async def test_a_part_is_taken_in_many_words(led: Led, words: str, part: Part) -> None:
    [person, *_] = [person for person, given in (await led.parts()).items() if given is None]
    await led.says(person, words)
    assert await led.who(part) == [person]


async def test_a_swap_that_nobody_answered_goes_with_its_phase(led: Led) -> None:
    await to_phase(led, "telling")
    await led.says("ben" if await scribe(led) != "ben" else "tom", "moderation")
    await led.says("ruth", "weiter")
    assert await led.says("ruth", "ja") == []
    assert await led.who(Part.MODERATOR) == ["ruth"]


async def test_whoever_has_a_part_gives_it_up_in_the_middle(led: Led) -> None:
    await to_phase(led, "telling")
    assert await led.says("ruth", "moderation abgeben") == [
        "Nicht mehr vergeben: Moderation. Wer übernimmt, schreibt „moderation“."
    ]
    assert await led.who(Part.MODERATOR) == []
    assert await led.says("ruth", "aufgabe abgeben") == ["Da gibt es gerade keine Aufgabe abzugeben."]


async def test_nobody_gives_up_what_is_not_theirs(led: Led) -> None:
    await to_phase(led, "telling")
    assert await led.says(await scribe(led), "moderation abgeben") == ["Diese Aufgabe liegt bei jemand anderem."]
    assert await led.who(Part.SCRIBE) != []


async def test_whoever_agreed_without_a_part_is_asked_again_once_they_have_one(led: Led) -> None:
    for person in ("ben", "tom", "mehmet", "aylin", "ruth"):
        if [person] != await led.who(Part.SCRIBE):
            await led.says(person, "ja")
    await led.says(await scribe(led), "nein")
    [writing] = (await led.circle()).of(Part.SCRIBE)
    assert await led.says("ruth", "ja") == [f"Notiert. Es fehlt noch: {writing.name}."]
    assert "Phase 2 von 6" in (await led.says(await scribe(led), "ja"))[-1]


async def test_whoever_offers_a_case_where_there_is_one_hears_whose_it_is(led: Led) -> None:
    assert await led.says("ben", "ich habe einen fall") == ["Der Fall steht schon fest: Aylin Kaya."]


async def test_whoever_gives_a_part_back_is_not_proposed_for_it_again(led: Led) -> None:
    for _ in range(4):
        writing = await led.who(Part.SCRIBE)
        if writing:
            await led.says(writing[0], "nein")
            assert await led.who(Part.SCRIBE) != writing
    assert await led.who(Part.SCRIBE) == []


async def test_the_lot_draws_anew_but_leaves_those_who_wished(traffic: Traffic) -> None:
    led = await Led(traffic).begin(can_moderate=["ruth", "ben"])
    [person, *_] = [person for person, part in (await led.parts()).items() if part is None]
    await led.says(person, "mitschrift")
    await led.says(await scribe(led), "ja")
    moderating = set()
    for _ in range(12):
        await led.says("aylin", "los")
        assert await scribe(led) == person
        moderating.update(await led.who(Part.MODERATOR))
    assert moderating == {"ruth", "ben"} - {person}


async def test_without_a_scribe_the_bot_notes_unless_somebody_minds(led: Led) -> None:
    await have_nobody_write(led)
    await led.says("ruth", "weiter")
    assert "Niemand schreibt mit. Darum notiere ich die Beiträge zur Beratung" in "\n".join(led.new(0))
    assert await has_step(led)
    assert await led.says("ben", "ohne") == ["Gut, ich notiere nichts."]
    assert not await has_step(led)


async def test_once_somebody_writes_the_bot_notes_nothing(led: Led) -> None:
    await have_nobody_write(led)
    await led.says("ruth", "weiter")
    assert (await led.says("ben", "mitschrift"))[-1].endswith("Mitschrift Ben Krause. Ich notiere darum nichts mehr.")
    assert not await has_step(led)


async def have_nobody_write(led: Led) -> None:
    while writing := await led.who(Part.SCRIBE):
        await led.says(writing[0], "nein")


async def has_step(led: Led) -> bool:
    async with led.traffic.database.reading() as uow:
        return await uow.consultations.has_step(led.number, "bot notes")


async def test_when_whoever_was_proposed_goes_another_one_is(led: Led) -> None:
    await drop(led, "ruth")
    assert led.newest.startswith("Vorschlag: Fall Aylin Kaya, Mitschrift")


async def test_after_the_casting_its_words_mean_nothing_old(led: Led) -> None:
    await to_phase(led, "telling")
    assert await led.says("ben", "los") == []
    assert (await led.group()).phase == "telling"


async def test_a_restart_while_a_part_is_asked_for_changes_nothing(led: Led) -> None:
    [person, *_] = [person for person, part in (await led.parts()).items() if part is None]
    await led.says(person, "moderation")
    await led.restart()
    await led.says("ruth", "ja")
    assert await led.who(Part.MODERATOR) == [person]


# without a case


@pytest.fixture
async def without(traffic: Traffic) -> Led:
    return await Led(traffic).begin(case_of=None)


async def test_without_a_case_it_is_asked_for_and_nothing_of_it_is_kept(without: Led) -> None:
    assert without.newest == "Noch fehlt ein Fall. Wer einen hat, nennt ihn in einem Satz und schreibt dazu: „fall“."
    await without.says("ben", "Es geht um den Streit am Quittenbaum.")
    assert await without.says("ben", "fall") == ["Ben Krause hat einen Fall. Ist er dran?"]
    assert await without.says("ben", "ja") == ["Es fehlt noch ein „ja“ von jemand anderem."]
    said = await without.says("tom", "ja")
    assert said[0] == "Der Fall von Ben Krause ist dran."
    assert said[1].startswith("Vorschlag: Fall Ben Krause, Moderation Ruth Ebert")
    assert await without.traffic.tables_with("Quittenbaum") == []


async def test_of_several_cases_the_group_chooses(without: Led) -> None:
    await without.says("ben", "fall")
    [text] = await without.says("tom", "fall")
    assert text.startswith("Es gibt 2 Fälle. Welcher ist dran?")
    place = 1 + [one.name for one in (await without.circle()).members if one.name[:3] in ("Ben", "Tom")].index(
        "Tom Berger"
    )
    assert await without.says("ruth", str(place)) == ["Notiert."]
    assert await without.says("ruth", str(place)) == ["Jede Person wählt einmal."]
    await without.says("aylin", str(place))
    await without.says("mehmet", str(place))
    assert await without.who(Part.CASE_GIVER) == ["tom"]


async def test_a_number_means_the_case_that_stood_there(without: Led) -> None:
    order = [one.name.split()[0].casefold() for one in (await without.circle()).members]
    await without.says(order[1], "fall")
    await without.says(order[2], "fall")
    old = next(one for one in reversed(without.sent) if one.choices and one.choices[-1].word == "los")
    await without.says(order[0], "ich hätte einen fall")
    for person in order[2:]:
        await without.says(person, "1", kind=Kind.PRESS, refers_to=old.key)
    assert await without.who(Part.CASE_GIVER) == [order[1]]


async def test_of_several_cases_the_lot_decides_if_two_want_that(without: Led) -> None:
    await without.says("ben", "fall")
    await without.says("tom", "fall")
    assert await without.says("ruth", "los") == ["Notiert. Sagt noch jemand „los“, entscheidet das Los."]
    await without.says("aylin", "los")
    assert (await without.who(Part.CASE_GIVER))[0] in ("ben", "tom")


async def test_without_a_case_it_does_not_go_on(without: Led) -> None:
    refused = ["Noch fehlt ein Fall. Wer einen hat, schreibt „fall“. „ende“ beendet die Runde."]
    assert await without.says("ruth", "weiter") == refused
    await without.says("ruth", "ende")
    assert await without.says("ruth", "ja") != []
    await without.says("tom", "ende")
    await without.says("tom", "ja")
    assert (await without.group()).state == GroupState.CLOSING


async def test_when_whoever_has_the_case_goes_during_the_casting_another_one_is_looked_for(led: Led) -> None:
    await drop(led, "aylin")
    assert led.newest.startswith("Noch fehlt ein Fall.")
    assert (await led.group()).state == GroupState.RUNNING


async def test_beginning_twice_changes_nothing(led: Led) -> None:
    before = len(led.sent)
    await led.do(lambda night, services, circle: live.begin(night, services, circle))
    assert led.sent[before:] == []
