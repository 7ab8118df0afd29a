"""Supporters are found by their own words, other words for them and what they confirmed; the model comes elsewhere."""

import asyncio
from collections.abc import Iterator, Sequence
from typing import Protocol, get_type_hints

import pytest
from hypothesis import given
from hypothesis import strategies as st

from knowledge import supporters as module
from knowledge.embedding import BATCH, Embedder, Vectors
from knowledge.supporters import THRESHOLD, Fit, Match, Said, Supporters, standings


class Counting(Embedder, Protocol):
    """The test's embedder, which keeps what it embedded."""

    embedded: list[str]


KANBAN = Said(1, ("Kanban-Boards einführen", "Retrospektiven"), ("Workshop",))
FILES = Said(2, ("E-Akte", "Altakten scannen"))
LETTERS = Said(3, ("Serienbriefe in Word",), ("Telefon",))
ALL = (KANBAN, FILES, LETTERS)


@pytest.fixture
def supporters(embedder: Counting) -> Iterator[Supporters]:
    found = Supporters(embedder)
    yield found
    found.close()


def people(matches: Sequence[Match]) -> list[int]:
    return [match.person_id for match in matches]


@pytest.mark.parametrize(
    ("question", "person", "topic"),
    [
        ("Kanban", 1, "Kanban-Boards einführen"),
        ("wer kann unser team beim kanban bord einführen helfen? im januar", 1, "Kanban-Boards einführen"),
        ("Wer hilft uns bei Retrospektiven?", 1, "Retrospektiven"),
        ("wer kennt sich mit der E-Akte aus", 2, "E-Akte"),
        ("eAkte", 2, "E-Akte"),
        ("ansprechpartner für serienbrif", 3, "Serienbriefe in Word"),
    ],
)
async def test_their_own_word_in_any_spelling_finds_them_and_is_the_reason(
    supporters: Supporters, question: str, person: int, topic: str
) -> None:
    first = (await supporters.find(question, ALL))[0]
    assert (first.person_id, first.topic, first.fit) == (person, topic, Fit.WORD)


@pytest.mark.parametrize("question", ["DMS", "elektronische Akte", "wer weiß was über das dokumentenmanagement"])
async def test_other_words_for_the_same_find_them(supporters: Supporters, question: str) -> None:
    first = (await supporters.find(question, ALL))[0]
    assert (first.person_id, first.fit) == (2, Fit.SYNONYM)


async def test_one_who_names_a_product_is_not_found_for_another_one(supporters: Supporters) -> None:
    said = [Said(1, ("enaio",)), Said(2, ("d.3",)), Said(3, ("DMS",)), Said(4, ("DMS d.3",))]
    found = {match.person_id: match.fit for match in await supporters.find("wer kennt sich mit enaio aus", said)}
    assert found == {1: Fit.WORD, 3: Fit.SYNONYM}


async def test_nobody_is_found_for_what_nobody_names(supporters: Supporters) -> None:
    assert await supporters.find("wer kann die Heizungsanlage entlüften", ALL) == []


@pytest.mark.parametrize("said", [(), (Said(1, ()),), (Said(1, (), ("Workshop",), fits=("Kanban",)),)])
async def test_one_who_declares_no_topic_is_never_found(supporters: Supporters, said: Sequence[Said]) -> None:
    assert await supporters.find("Kanban", said) == []


async def test_everybody_who_fits_is_found_once_with_the_topic_that_fits_best(supporters: Supporters) -> None:
    said = [Said(number, ("Kanban im Alltag einer Behörde", "Kanban")) for number in range(40)]
    found = await supporters.find("Kanban", said)
    assert sorted(people(found)) == list(range(40))
    assert {match.topic for match in found} == {"Kanban"}


async def test_an_asked_format_comes_first_but_makes_nobody_fit(supporters: Supporters) -> None:
    said = [
        Said(1, ("Kanban im Team",)),
        Said(2, ("Kanban im Team",), ("Workshop",)),
        Said(3, ("Excel",), ("Workshop",)),
    ]
    assert people(await supporters.find("kanban workshop", said)) == [2, 1]


async def test_a_confirmed_wording_finds_one_again_and_says_that_no_topic_did(supporters: Supporters) -> None:
    question = "wer kann die heizungsanlage entlüften"
    (match,) = await supporters.find(question, [KANBAN, Said(2, ("E-Akte",), fits=(question,))])
    assert (match.person_id, match.fit) == (2, Fit.CONFIRMED)


async def test_a_declined_question_does_not_come_again_but_another_one_on_the_topic_does(
    supporters: Supporters,
) -> None:
    said = [Said(1, ("Kanban",), misfits=("Wer baut uns ein Kanban-Regal aus Holz?",))]
    assert await supporters.find("wer baut uns ein kanban regal aus holz", said) == []
    assert people(await supporters.find("Kanban", said)) == [1]


async def test_what_was_declined_and_later_confirmed_comes_again(supporters: Supporters) -> None:
    said = [Said(1, ("Kanban",), fits=("kanban regal",), misfits=("kanban regal",))]
    assert people(await supporters.find("kanban regal", said)) == [1]


async def test_what_is_said_now_counts_and_not_what_was_said_before(supporters: Supporters) -> None:
    assert people(await supporters.find("Kanban", ALL)) == [1]
    assert await supporters.find("Kanban", [Said(1, ("E-Akte",)), LETTERS]) == []
    assert people(await supporters.find("Kanban", [LETTERS, Said(2, ("Kanban",))])) == [2]


async def test_texts_are_embedded_once(embedder: Counting, supporters: Supporters) -> None:
    await supporters.warm([*ALL, Said(4, ("E-Akte",))])
    embedder.embedded.clear()
    await supporters.find("Kanban", ALL)
    assert embedder.embedded == ["Kanban"]


async def test_what_is_to_be_kept_alone_leaves_nothing_else_in_memory(
    embedder: Counting, supporters: Supporters
) -> None:
    await supporters.warm([*ALL, Said(4, ("Bienenkunde",))])
    supporters.keep_only(ALL)
    embedder.embedded.clear()
    await supporters.find("Kanban", [*ALL, Said(4, ("Bienenkunde",))])
    assert sorted(embedder.embedded) == ["Bienenkunde", "Kanban"]


async def test_warming_forgets_what_nobody_says_any_more(embedder: Counting, supporters: Supporters) -> None:
    await supporters.warm([*ALL, Said(4, ("Bienenkunde",))])
    await supporters.warm(ALL)
    embedder.embedded.clear()
    await supporters.find("Kanban", [Said(4, ("Bienenkunde",))])
    assert "Bienenkunde" in embedder.embedded


async def test_memory_is_bounded_by_what_is_said(supporters: Supporters, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "MOST", 4)
    for number in range(10):
        said = [KANBAN, Said(2, (f"Thema {number}", f"Gebiet {number}"))]
        assert people(await supporters.find("Kanban", said)) == [1]
        assert len(supporters._shelf) <= 4


async def test_questions_at_the_same_time_are_answered_each_for_itself(supporters: Supporters) -> None:
    asked = ["Kanban", "E-Akte", "Serienbriefe"] * 5
    found = await asyncio.gather(*(supporters.find(question, ALL) for question in asked))
    assert [people(matches)[:1] for matches in found] == [[1], [2], [3]] * 5


async def test_closing_stops_long_work_between_batches(
    supporters: Supporters, embedder: Counting, monkeypatch: pytest.MonkeyPatch
) -> None:
    encode = embedder.encode_queries

    def closing(texts: Sequence[str]) -> Vectors:
        if len(texts) == BATCH:
            supporters.close()
        return encode(texts)

    monkeypatch.setattr(embedder, "encode_queries", closing)
    with pytest.raises(RuntimeError):
        await supporters.warm([Said(number, (f"Gebiet {number}",)) for number in range(3 * BATCH)])
    assert len(supporters._shelf) == BATCH


@pytest.mark.parametrize(
    "topics", [("",), ("\n",), ("???",), ("PR",), ("🎉",), ("a" * 3_000,), ("wer kann", "der die das"), ("E-Akte",) * 3]
)
async def test_any_topic_may_be_declared(supporters: Supporters, topics: tuple[str, ...]) -> None:
    assert set(people(await supporters.find("PR oder E-Akte?", [Said(1, topics, fits=("", "?"), misfits=("!",))]))) <= {
        1
    }


@given(st.text(max_size=80))
def test_any_question_may_come(embedder: Counting, question: str) -> None:
    supporters = Supporters(embedder)
    found = supporters._find(question, ALL)
    assert all(THRESHOLD <= match.score <= 1 for match in found)
    assert len(set(people(found))) == len(found)


@given(st.lists(st.sampled_from(Fit), max_size=9))
def test_standings_keep_everybody_and_put_those_who_name_it_first(fits: list[Fit]) -> None:
    matches = [Match(number, "Kanban", fit, 0.5) for number, fit in enumerate(fits)]
    groups = standings(matches)
    assert sorted(match.person_id for group in groups for match in group) == list(range(len(fits)))
    assert all(groups)
    assert len({match.fit is Fit.MEANING for group in groups for match in group}) == len(groups)
    assert len(groups) < 2 or all(match.fit is Fit.MEANING for match in groups[1])


def test_a_match_tells_nothing_that_could_rate_a_person() -> None:
    assert set(get_type_hints(Match)) == {"person_id", "topic", "fit", "score"}
