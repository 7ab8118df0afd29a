import json

import pytest

from bot.messages import Choice, Conversation, Outgoing
from bot.platforms.matrix.content import KEY, LARGEST, to_content

GROUP = Conversation("matrix:@lotse:example.org", "!opaque")
DIRECT = Conversation("matrix:@lotse:example.org", "!opaque", is_direct=True)


def test_message_has_the_same_words_in_html_and_plain_text_and_pings_nobody() -> None:
    choices = (Choice("ja", "Ja"), Choice("nein", "Nein"))
    content = to_content(Outgoing("k", DIRECT, "**Fertig?**", choices))
    assert content["msgtype"] == "m.text"
    assert content["body"] == "Fertig?\n\n1. Ja\n2. Nein"
    assert content["format"] == "org.matrix.custom.html"
    assert "<strong>Fertig?</strong>" in content["formatted_body"]
    assert content["m.mentions"] == {}
    assert content[KEY] == "k"
    assert "m.relates_to" not in content


def test_answer_in_a_group_goes_into_a_thread_below_the_question() -> None:
    relation = to_content(Outgoing("k", GROUP, "Ja.", answers="$question"))["m.relates_to"]
    assert relation == {
        "rel_type": "m.thread",
        "event_id": "$question",
        "is_falling_back": True,
        "m.in_reply_to": {"event_id": "$question"},
    }


def test_answer_within_a_thread_stays_there_in_direct_chats_too() -> None:
    for conversation in (GROUP, DIRECT):
        relation = to_content(Outgoing("k", conversation, "Ja.", answers="$later", thread="$root"))["m.relates_to"]
        assert relation["event_id"] == "$root"
        assert relation["m.in_reply_to"] == {"event_id": "$later"}


@pytest.mark.parametrize("replaces", [None, "$old"])
@pytest.mark.parametrize("text", ["ä" * 100_000, "& " * 50_000, "👍" * 30_000, "x" * 200_000])
def test_a_text_that_no_event_can_hold_is_cut(text: str, replaces: str | None) -> None:
    content = to_content(Outgoing("k", GROUP, text, answers="$question", replaces=replaces))
    assert len(json.dumps(content, ensure_ascii=False).encode()) <= LARGEST
    assert content["body"].endswith("…")


def test_the_longest_list_of_open_questions_is_not_cut() -> None:
    questions = "\n".join(f"- 3. September 2026: „{'Wo gibt es Größe? ' * 55}“" for _ in range(10))
    assert not to_content(Outgoing("k", GROUP, questions))["body"].endswith("…")


def test_message_that_answers_nothing_stands_alone() -> None:
    assert "m.relates_to" not in to_content(Outgoing("k", GROUP, "Guten Morgen."))


def test_edit_shows_a_star_to_clients_that_know_no_edits() -> None:
    content = to_content(Outgoing("k", GROUP, "Neu.", answers="$question", replaces="$old"))
    assert content["body"] == "* Neu."
    assert content["m.new_content"]["body"] == "Neu."
    assert content["m.relates_to"] == {"rel_type": "m.replace", "event_id": "$old"}
    assert content["m.mentions"] == content["m.new_content"]["m.mentions"] == {}
    assert content[KEY] == "k"
