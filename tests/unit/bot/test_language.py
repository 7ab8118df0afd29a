"""Both forms of address say the same, and never mix."""

import re
from datetime import date

import pytest
from babel.messages.extract import extract_from_dir

from bot.language import AddressForm, in_words, sentences
from handlers.table import TABLE

DU = re.compile(
    r"\b(du|dir|dich|dein\w*|schreib|frag|stell|(?<!Ich )antworte|meinst|möchtest|hast|bist|kannst)\b", re.IGNORECASE
)
SIE = re.compile(r"\b(Sie|Ihnen|Ihre?[nrms]?)\b")


def said() -> list[str]:
    """Every sentence that handlers and dispatcher say."""
    found = {
        str(entry[2]) for folder in ("bot", "handlers") for entry in extract_from_dir(folder, keywords={"say": None})
    }
    return sorted(found | {job.command.summary for job in TABLE.jobs if job.command.summary})


@pytest.mark.parametrize("sentence", said())
def test_every_sentence_has_both_forms(sentence: str) -> None:
    formal = sentences(AddressForm.SIE)(sentence)
    assert sentences(AddressForm.DU)(sentence) == sentence
    assert not SIE.search(sentence), "the source is the du form"
    assert not DU.search(formal), "du is left in the Sie form"
    assert bool(DU.search(sentence)) == bool(SIE.search(formal))
    assert re.findall(r"\{\w+\}", sentence) == re.findall(r"\{\w+\}", formal)


def test_a_date_is_said_in_german() -> None:
    assert in_words(date(2026, 9, 3)) == "3. September 2026"
