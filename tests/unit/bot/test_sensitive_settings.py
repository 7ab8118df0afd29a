"""A house changes the sensitive topics, adds its own, and switches off what it does not want."""

import os
from pathlib import Path

import pytest

from bot.errors import SettingsError
from bot.settings import load_settings
from knowledge.topics import Topic, built_in, find

OWN = """
[[community.sensitive]]
topic = "Wahlkampf"
office = "Das Rechtsamt hilft."
words = ["wahlkampf"]
"""


@pytest.fixture(autouse=True)
def _no_settings_from_outside(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    for name in [name for name in os.environ if name.startswith("LOTSENFUNK_")]:
        monkeypatch.delenv(name)
    monkeypatch.chdir(tmp_path)


def topics(tmp_path: Path, text: str) -> tuple[Topic, ...]:
    file = tmp_path / "settings.toml"
    file.write_text(text, encoding="utf-8")
    return load_settings(file).community.topics


def test_without_settings_the_built_in_topics_hold(tmp_path: Path) -> None:
    assert topics(tmp_path, "") == built_in()


def test_a_topic_of_the_house_is_added(tmp_path: Path) -> None:
    assert topics(tmp_path, OWN) == (*built_in(), Topic("Wahlkampf", "Das Rechtsamt hilft.", ("wahlkampf",)))


def test_a_house_names_its_own_office_and_keeps_the_rest(tmp_path: Path) -> None:
    changed = topics(tmp_path, '[[community.sensitive]]\ntopic = "krise"\noffice = "Ruf 112."')
    crisis, known = find("Krise", changed), find("Krise", built_in())
    assert crisis
    assert known
    assert crisis.office == "Ruf 112."
    assert (crisis.words, crisis.examples, crisis.is_urgent) == (known.words, known.examples, True)
    assert len(changed) == len(built_in())


def test_words_of_the_house_replace_the_built_in_ones(tmp_path: Path) -> None:
    crisis = find("Krise", topics(tmp_path, '[[community.sensitive]]\ntopic = "Krise"\nwords = ["notlage"]'))
    assert crisis
    assert crisis.words == ("notlage",)


def test_a_built_in_topic_can_be_switched_off(tmp_path: Path) -> None:
    left = topics(tmp_path, '[[community.sensitive]]\ntopic = "Krise"\noff = true')
    assert [topic.name for topic in left] == [topic.name for topic in built_in() if topic.name != "Krise"]


def test_one_topic_may_be_a_plain_table(tmp_path: Path) -> None:
    assert find("Wahlkampf", topics(tmp_path, OWN.replace("[[", "[").replace("]]", "]")))


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (OWN.replace("office", "ofice"), "ofice: gibt es nicht. Gemeint ist vielleicht office"),
        (OWN.replace('office = "Das Rechtsamt hilft."', ""), "braucht noch office"),
        (OWN.replace('words = ["wahlkampf"]', ""), "braucht noch words oder examples"),
        (OWN.replace('["wahlkampf"]', '["au"]'), "„au“ ist zu kurz: Ein Wort braucht mindestens 4 Buchstaben"),
        (OWN.replace('["wahlkampf"]', '"wahlkampf"'), 'gebraucht wird eine Liste wie ["eins", "zwei"]'),
        (OWN.replace('"Das Rechtsamt hilft."', "5"), "gebraucht wird ein Text in Anführungszeichen"),
        (OWN + OWN, "nennt das Thema „Wahlkampf“ zweimal"),
        (OWN + "off = true", "hat kein Thema „Wahlkampf“, das sich abschalten lässt. Es gibt: Krise,"),
    ],
)
def test_a_wrong_topic_names_itself_and_the_cure(tmp_path: Path, text: str, said: str) -> None:
    with pytest.raises(SettingsError) as caught:
        topics(tmp_path, text)
    assert "Einstellung community.sensitive" in str(caught.value)
    assert said in str(caught.value)
