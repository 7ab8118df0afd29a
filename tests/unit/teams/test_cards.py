"""Cards say the same as the plain text, fit into what Teams takes, and never turn words into markup."""

import html
import json
import re
from collections.abc import Iterator
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.messages import Choice, Conversation, Found, Outgoing
from bot.platforms.teams.cards import (
    LARGEST,
    LARGEST_RESULT,
    attachment,
    chosen_in,
    closed_card,
    question_form,
    result,
    to_activity,
)
from bot.rendering import to_plain

KEY = "0123456789abcdef" * 2
DIRECT = Conversation("teams:bot", "a:opaque", is_direct=True)
YES_NO = (Choice("ja", "ja"), Choice("nein", "nein"))
LONG = "Wie bekomme ich eine E-Mail mit mehreren Anhängen in die elektronische Akte?"

Json = dict[str, Any]


def said(text: str, *choices: Choice, chosen: str | None = None) -> Json:
    return to_activity(Outgoing(KEY, DIRECT, text, choices, chosen=chosen))


def card(text: str, *choices: Choice, chosen: str | None = None) -> Json:
    content: Json = said(text, *choices, chosen=chosen)["attachments"][0]["content"]
    return content


def rows(card: Json) -> list[str]:
    """What people read on a card, a line a block; addresses of links stand behind them in parentheses."""
    return ["".join(pieces(block["inlines"])) for block in card["body"]]


def pieces(inlines: list[Json]) -> Iterator[str]:
    for place, inline in enumerate(inlines):
        yield inline["text"]
        following = inlines[place + 1] if place + 1 < len(inlines) else {}
        if "selectAction" in inline and following.get("selectAction") != inline["selectAction"]:
            yield f" ({inline['selectAction']['url']})"


def runs(card: Json) -> list[Json]:
    return [inline for block in card["body"] for inline in block["inlines"]]


def titles(card: Json) -> list[str]:
    return [action["title"] for action in card["actions"]]


def shown(activity: Json) -> str:
    """The text of a message as its reader sees it."""
    return html.unescape(activity["text"].replace("<br/>", "\n")).replace("\u00a0", " ")


def words(text: str) -> list[str]:
    return re.findall(r"\w+", text)


def size(content: Json) -> int:
    """Bytes as Teams counts them."""
    return len(json.dumps(content, ensure_ascii=False).encode("utf-16-le"))


def test_message_without_choices_is_text_and_no_card() -> None:
    assert said("Gern geschehen.") == {"type": "message", "text": "Gern geschehen.", "textFormat": "xml"}


def test_line_breaks_and_indentation_of_a_text_survive() -> None:
    activity = said("Offen:\n\n- eins\n  - zwei\n\nEnde")
    assert activity["text"].count("<br/>") == 5
    assert shown(activity) == to_plain("Offen:\n\n- eins\n  - zwei\n\nEnde")


@pytest.mark.parametrize(
    "evil", ["Lots*innen und Kolleg*innen", "<at>Alle</at> & <b>x</b>", r"a\_b\_c [x](y) `z` ~~w~~", "\\# kein Titel"]
)
def test_no_word_of_a_text_becomes_markup(evil: str) -> None:
    activity = said(evil)
    assert shown(activity) == to_plain(evil)
    assert not re.search(r"[<>*_~`\[\]\\]", activity["text"])


def test_characters_that_xml_forbids_are_left_out() -> None:
    assert said("vor\x01her\x0b")["text"] == "vor her"


def test_choices_make_a_card_with_a_plain_text_twin() -> None:
    activity = said("**Passt das?**", *YES_NO)
    content = activity["attachments"][0]["content"]
    assert activity["attachments"] == [attachment(content)]
    assert activity["attachments"][0]["contentType"] == "application/vnd.microsoft.card.adaptive"
    assert "text" not in activity
    assert (content["type"], content["version"], content["lang"]) == ("AdaptiveCard", "1.5", "de")
    assert content["fallbackText"] == "Passt das?\n\n1. ja\n2. nein"
    assert content["body"] == [
        {
            "type": "RichTextBlock",
            "inlines": [{"type": "TextRun", "text": "Passt das?", "weight": "Bolder"}],
        }
    ]


def test_notification_is_the_first_line() -> None:
    assert said("**Passt das?**\n\nSag es.", *YES_NO)["summary"] == "Passt das?"
    summary = said("wort " * 50, *YES_NO)["summary"]
    assert len(summary) <= 100
    assert summary.endswith("wort…")


def test_every_button_has_its_number_and_says_which_message_it_belongs_to() -> None:
    first, second = card("Passt das?", *YES_NO)["actions"]
    shown = {"title": "1. ja", "data": {"offer": KEY, "choice": "1"}}
    submit = {"type": "Action.Submit", **shown}
    assert first == {"type": "Action.Execute", "verb": "choose", **shown, "fallback": submit}
    assert second["title"] == second["fallback"]["title"] == "2. nein"
    assert second["data"] == second["fallback"]["data"] == {"offer": KEY, "choice": "2"}


def test_titles_of_buttons_show_no_marks() -> None:
    assert titles(card("Passt das?", Choice("ja", "**ja**, das\n*passt*"))) == ["1. ja, das passt"]


def test_buttons_with_short_titles_are_not_repeated_in_the_text() -> None:
    assert rows(card("Passt das?", *YES_NO)) == ["Passt das?"]


def test_long_labels_stand_in_full_above_short_buttons() -> None:
    content = card("Meinst du das?", Choice("1", LONG), Choice("keine", "keine davon"))
    assert rows(content) == ["Meinst du das?", f"1. {LONG}", "2. keine davon"]
    first, second = content["actions"]
    assert len(first["title"]) <= 40
    assert first["title"] == first["fallback"]["title"] == "1. Wie bekomme ich eine E-Mail mit mehr…"
    assert first["tooltip"] == first["fallback"]["tooltip"] == f"1. {LONG}"
    assert "tooltip" not in second


def test_choices_that_teams_hides_in_a_menu_stand_in_the_text() -> None:
    choices = [Choice(str(number), f"Tag {number}") for number in range(1, 10)]
    assert len(rows(card("Wann?", *choices[:6]))) == 1
    content = card("Wann?", *choices)
    assert rows(content)[1:] == titles(content)
    assert titles(content)[8] == "9. Tag 9"


def test_a_taken_choice_takes_the_place_of_the_buttons() -> None:
    content = card("**Passt das?**", *YES_NO, chosen="*ja*")
    assert rows(content) == ["Passt das?", "Gewählt: ja"]
    assert content["fallbackText"] == "Passt das?\n\nGewählt: ja"
    assert "actions" not in content


def test_the_card_that_answers_a_click_is_the_one_of_the_message() -> None:
    assert closed_card("**Passt das?**", "ja") == card("**Passt das?**", chosen="ja")


def test_marks_become_properties_of_runs() -> None:
    bold, _, italic, _, code, both = runs(card("**fett** *schräg* `x = 1`***beides***", *YES_NO))
    assert bold == {"type": "TextRun", "text": "fett", "weight": "Bolder"}
    assert italic == {"type": "TextRun", "text": "schräg", "italic": True}
    assert code == {"type": "TextRun", "text": "x = 1", "fontType": "Monospace"}
    assert both == {"type": "TextRun", "text": "beides", "weight": "Bolder", "italic": True}


@pytest.mark.parametrize("form", ["Lots*innen und Kolleg*innen", "Lots_innen und Kolleg_innen", "Lots:innen"])
def test_gender_forms_survive(form: str) -> None:
    assert runs(card(form, Choice("1", form))) == [{"type": "TextRun", "text": form}]
    assert titles(card(form, Choice("1", form))) == [f"1. {form}"]


@pytest.mark.parametrize("url", ["https://example.org/h?a=1", "HTTP://example.org", "mailto:lotsen@example.org"])
def test_links_can_be_pressed(url: str) -> None:
    assert runs(card(f"[**Hand**buch]({url})", *YES_NO)) == [
        {"type": "TextRun", "text": text, **weight, "selectAction": {"type": "Action.OpenUrl", "url": url}}
        for text, weight in (("Hand", {"weight": "Bolder"}), ("buch", {}))
    ]


@pytest.mark.parametrize(
    "link", ["[Anruf](tel:115)", "[Datei](/etc/passwd)", "[Programm](ms-excel:x)", "[](https://a.de)"]
)
def test_other_links_are_read_and_not_pressed(link: str) -> None:
    content = card(link, *YES_NO)
    assert " ".join(rows(content)).strip() == to_plain(link)
    assert "selectAction" not in json.dumps(content)


def test_a_script_is_no_link() -> None:
    assert "selectAction" not in json.dumps(card("[x](javascript:alert)", *YES_NO))


def test_lists_are_rows_that_can_be_read_aloud() -> None:
    text = "Zuerst:\n\n3. Akte öffnen\n4. dann\n   - `Datei`\n   - Ablage\n\n     mit Notiz\n\nFertig"
    assert rows(card(text, *YES_NO)) == [
        "Zuerst:",
        "3. Akte öffnen",
        "4. dann",
        "\u2003• Datei",
        "\u2003• Ablage",
        "\u2003\u2003mit Notiz",
        "Fertig",
    ]


def test_further_lines_of_a_list_item_stand_below_its_first() -> None:
    assert rows(card("1. eins\n   mehr dazu\n2. zwei", *YES_NO)) == ["1. eins", "\u2003mehr dazu", "2. zwei"]


def test_a_list_item_without_words_keeps_its_number() -> None:
    assert rows(card("1.\n2. zwei\n3. - drei", *YES_NO)) == ["1. ", "2. zwei", "3. ", "\u2003• drei"]


def test_every_line_is_a_block_of_its_own_and_lines_of_a_paragraph_stand_together() -> None:
    content = card("eins\nzwei\n\ndrei", *YES_NO)
    assert [(row, block.get("spacing")) for row, block in zip(rows(content), content["body"], strict=True)] == [
        ("eins", None),
        ("zwei", "None"),
        ("drei", None),
    ]


def test_headings_are_bold_and_larger() -> None:
    first, second, text = runs(card("# Titel `x`\n\nText", *YES_NO))
    assert (first["text"], first["weight"], first["size"]) == ("Titel ", "Bolder", "Medium")
    assert (second["text"], second["weight"], second["size"]) == ("x", "Bolder", "Medium")
    assert text == {"type": "TextRun", "text": "Text"}


def test_code_keeps_its_lines_and_its_indentation() -> None:
    content = card("```\nwenn *x*:\n\n  dann\n```", *YES_NO)
    assert rows(content) == ["wenn *x*:", "\u00a0", "\u00a0\u00a0dann"]
    assert {run["fontType"] for run in runs(content)} == {"Monospace"}


def test_no_run_holds_a_date_function() -> None:
    content = card("{{{DATE(2026-12-03T09:00:00Z, SHORT)}}", *YES_NO)
    assert rows(content) == ["{{{DATE(2026-12-03T09:00:00Z, SHORT)}}"]
    assert all("{{" not in run["text"] for run in runs(content))


@pytest.mark.parametrize("choices", [(), YES_NO])
@pytest.mark.parametrize("text", ["ä" * 100_000, "& " * 50_000, "👍" * 30_000, "x\n\n" * 8_000])
def test_a_text_that_no_activity_can_hold_is_cut(text: str, choices: tuple[Choice, ...]) -> None:
    activity = said(text, *choices)
    assert LARGEST / 4 < size(activity) <= LARGEST
    assert (rows(card(text, *choices))[-1] if choices else shown(activity)).endswith("…")


def test_labels_that_no_activity_can_hold_are_cut_after_the_text() -> None:
    activity = said("Was?", *[Choice(str(number), "x" * 5000) for number in range(9)])
    content = activity["attachments"][0]["content"]
    assert size(activity) <= LARGEST
    assert rows(content)[0] == "…"
    assert len(content["actions"]) == 9
    assert size(closed_card("Was?", "x" * 50_000)) <= LARGEST


def test_the_longest_answer_and_the_longest_offer_are_not_cut() -> None:
    answer = f"**{'Frage ' * 50}**\n\n{'Antwort ' * 75}\n\nGeprüft. {'Quelle ' * 85}"
    assert "…" not in json.dumps(said(answer, *YES_NO)["attachments"], ensure_ascii=False)
    offer = card("Meinst du eine dieser Fragen?", *[Choice(str(number), "Wort " * 29 + "Ende") for number in range(9)])
    assert "…" not in "".join(rows(offer))


def test_the_longest_list_of_open_questions_is_not_cut() -> None:
    questions = "\n".join(f"- 3. September 2026: „{'Wo gibt es Größe? ' * 55}“" for _ in range(10))
    assert "…" not in said(questions)["text"]


def test_a_result_is_a_card_with_a_few_words_for_the_list() -> None:
    found = result(Found("Lots*innen", "Wer *hilft*?", "**Hier**\n\nund da"))
    assert found["contentType"] == "application/vnd.microsoft.card.adaptive"
    assert rows(found["content"]) == ["Lots*innen", "Hier", "und da"]
    assert found["content"]["fallbackText"] == "Lots*innen\n\nHier\n\nund da"
    assert "actions" not in found["content"]
    assert found["preview"] == {
        "contentType": "application/vnd.microsoft.card.thumbnail",
        "content": {"title": "Lots*innen", "text": "Wer hilft?"},
    }


@pytest.mark.parametrize("long", ["x", "\x01", "👍", '"'])
def test_a_result_fits(long: str) -> None:
    found = result(Found(long * 40_000, long * 40_000, long * 40_000))
    assert size(found) <= LARGEST_RESULT
    assert len(found["preview"]["content"]["title"]) <= 200


def test_the_form_asks_for_a_question_and_keeps_what_was_written() -> None:
    form = question_form("Wo ist der Scanner? " * 100)
    (question,) = form["body"]
    assert question["label"] == "Frage in ein, zwei Sätzen"
    assert (question["type"], question["id"], question["isMultiline"]) == ("Input.Text", "question", True)
    assert (question["isRequired"], question["errorMessage"]) == (True, "Bitte eine Frage schreiben.")
    assert question["maxLength"] == len(question["value"]) == 1000
    assert form["actions"] == [{"type": "Action.Submit", "title": "Frage stellen", "data": {"form": "question"}}]


def test_a_pressed_button_says_what_was_chosen() -> None:
    for button in card("Passt das?", *YES_NO)["actions"]:
        assert chosen_in(button["data"]) == (KEY, button["data"]["choice"])
        assert chosen_in(button["fallback"]["data"] | {"more": [1]}) == (KEY, button["data"]["choice"])


@pytest.mark.parametrize(
    "value",
    [
        None,
        "1",
        [KEY, "1"],
        {},
        {"offer": KEY},
        {"choice": "1"},
        {"offer": KEY, "choice": 1},
        {"offer": KEY, "choice": "0"},
        {"offer": KEY, "choice": "10"},
        {"offer": KEY, "choice": "²"},
        {"offer": KEY, "choice": "1\n"},
        {"offer": None, "choice": "1"},
        {"offer": KEY.upper(), "choice": "1"},
        {"offer": KEY + "0", "choice": "1"},
        {"offer": f"{KEY}\n", "choice": "1"},
        {"offer": "x" * 1_000_000, "choice": "1"},
        {"form": "question"},
    ],
)
def test_what_is_no_button_of_ours_chooses_nothing(value: object) -> None:
    assert chosen_in(value) is None


# Pieces of Markdown in every order, since random letters hardly ever make a list or a link.
BLOCKS = ("# ", "## ", "- ", "1. ", "7) ", "> ", "  ", "    ", "\n", "\n\n", "```\n", "---", "\t")
MARKS = ("`", "*", "**", "_", "***", "\\", "[", "](", ")", "<b>", "&amp;", "{{", "}}")
WORDS = ("Lots*innen", "Wort", "zwei Wörter ", "👍", "„ja“ ")
LINKS = ("[Buch](https://a.de/b) ", "[Anruf](tel:115) ", "<https://c.de> ", "![Bild](d.png)")
MARKDOWN = st.lists(st.sampled_from(BLOCKS + MARKS + WORDS + LINKS), max_size=25).map("".join)
LABELS = st.text(st.characters(codec="utf-8", categories=["L", "N", "P", "Zs"]), max_size=160) | st.sampled_from(
    ["ja", "*ja*", "1. Mai", "[Buch](https://a.de)", "# Titel", LONG]
)
CHOICES = st.lists(LABELS.map(lambda label: Choice("wort", label)), min_size=1, max_size=9)


@given(MARKDOWN, CHOICES)
def test_a_card_says_the_words_of_its_plain_text(text: str, choices: list[Choice]) -> None:
    content = card(text, *choices)
    assert content["fallbackText"] == to_plain(text, choices)
    is_listed = any("tooltip" in button for button in content["actions"]) or len(choices) > 6
    read = rows(content) + ([] if is_listed else titles(content))
    assert words(" ".join(read)) == words(content["fallbackText"])


@given(MARKDOWN, CHOICES)
def test_no_element_of_a_card_reads_markdown(text: str, choices: list[Choice]) -> None:
    content = card(text, *choices)
    assert {block["type"] for block in content["body"]} <= {"RichTextBlock"}
    assert {run["type"] for run in runs(content)} <= {"TextRun"}
    assert all(run["text"] and "\n" not in run["text"] for run in runs(content))
    assert all(block["inlines"] for block in content["body"])


@given(MARKDOWN | st.text(max_size=300))
def test_a_text_shows_its_plain_words(text: str) -> None:
    activity = said(text)
    assert words(shown(activity)) == words(to_plain(text))
    assert not re.search(r"<(?!br/>)", activity["text"])


@given(st.text(), st.lists(st.builds(Choice, st.text(), st.text()), max_size=9), st.none() | st.text())
def test_every_message_can_be_sent(text: str, choices: list[Choice], chosen: str | None) -> None:
    activity = said(text, *choices, chosen=chosen)
    assert json.loads(json.dumps(activity)) == activity
    assert size(activity) <= LARGEST


@given(st.recursive(st.none() | st.integers() | st.text(), lambda inner: st.dictionaries(st.text(), inner)))
def test_no_json_breaks_the_reading_of_buttons(value: object) -> None:
    assert chosen_in(value) is None
    assert chosen_in({"offer": value, "choice": value}) is None
