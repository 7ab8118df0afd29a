"""A house changes the kinds of request, adds its own, and switches off what it does not want."""

import os
import re
from dataclasses import replace
from pathlib import Path

import pytest

from bot.errors import SettingsError
from bot.settings import load_settings
from knowledge.assignment import KINDS, DepartmentRule, Kind, Mode, find

EXAMPLE = Path(__file__).resolve().parents[3] / "deploy" / "lotsenfunk.example.toml"
OWN = """
[[community.requests]]
kind = "hospitation"
label = "Hospitation"
mode = "self_choice"
rule = "own_excluded"
"""
MODERATION = '[[community.requests]]\nkind = "workshop_moderation"\n'


@pytest.fixture(autouse=True)
def _no_settings_from_outside(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    for name in [name for name in os.environ if name.startswith("LOTSENFUNK_")]:
        monkeypatch.delenv(name)
    monkeypatch.chdir(tmp_path)


def kinds(tmp_path: Path, text: str) -> tuple[Kind, ...]:
    file = tmp_path / "settings.toml"
    file.write_text(text, encoding="utf-8")
    return load_settings(file).community.kinds


def test_without_settings_the_built_in_kinds_hold(tmp_path: Path) -> None:
    assert kinds(tmp_path, "") == KINDS


def test_a_kind_of_the_house_is_added(tmp_path: Path) -> None:
    own = Kind("hospitation", "Hospitation", Mode.SELF_CHOICE, DepartmentRule.OWN_EXCLUDED)
    assert kinds(tmp_path, OWN) == (*KINDS, own)
    assert kinds(tmp_path, OWN + "tandem = true") == (*KINDS, replace(own, is_tandem=True))


@pytest.mark.parametrize(
    ("line", "changes"),
    [
        ('label = "Moderation"', {"label": "Moderation"}),
        ('mode = "team_pull"', {"mode": Mode.TEAM_PULL}),
        ('rule = "any"', {"rule": DepartmentRule.ANY}),
        ("tandem = false", {"is_tandem": False}),
    ],
)
def test_a_house_changes_one_thing_and_keeps_the_rest(tmp_path: Path, line: str, changes: dict[str, str]) -> None:
    changed = kinds(tmp_path, MODERATION + line)
    assert changed == tuple(
        replace(kind, **changes) if kind.name == "workshop_moderation" else kind  # type: ignore[arg-type]
        for kind in KINDS
    )


def test_a_built_in_kind_may_be_named_by_its_label(tmp_path: Path) -> None:
    changed = find("coaching", kinds(tmp_path, '[[community.requests]]\nkind = "Coaching"\nrule = "any"'))
    assert changed
    assert changed.rule is DepartmentRule.ANY


def test_a_built_in_kind_can_be_switched_off(tmp_path: Path) -> None:
    left = kinds(tmp_path, MODERATION + "off = true")
    assert left == tuple(kind for kind in KINDS if kind.name != "workshop_moderation")


def test_the_label_of_a_kind_that_is_off_is_free_again(tmp_path: Path) -> None:
    own = OWN.replace('"Hospitation"', '"Workshop-Moderation"')
    assert len(kinds(tmp_path, own + MODERATION + "off = true")) == len(KINDS)


def test_one_kind_may_be_a_plain_table(tmp_path: Path) -> None:
    assert find("Hospitation", kinds(tmp_path, OWN.replace("[[", "[").replace("]]", "]")))


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (OWN.replace("rule", "rul"), "rul: gibt es nicht. Gemeint ist vielleicht rule"),
        (OWN.replace('label = "Hospitation"', ""), "braucht noch label, denn mitgeliefert sind nur: question, quick"),
        (OWN.replace("mode", "#").replace("rule", "#"), "braucht noch mode, rule, denn mitgeliefert sind nur"),
        (OWN.replace("self_choice", "los"), "„los“ passt nicht: möglich sind self_choice, central_match und team_pull"),
        (OWN.replace("own_excluded", "x"), "„x“ passt nicht: möglich sind own_excluded, own_first und any"),
        (OWN.replace('"hospitation"', '""'), "gebraucht wird ein Text, der nicht leer ist"),
        (OWN + OWN, "nennt die Art „hospitation“ zweimal"),
        (
            MODERATION + MODERATION.replace("workshop_moderation", "Workshop-Moderation"),
            "„workshop_moderation“ zweimal",
        ),
        (OWN.replace('"Hospitation"', '"coaching"'), "nennt zwei Arten „Coaching“. Eine braucht ein anderes label"),
        (OWN + "off = true", "hat keine Art „hospitation“, die sich abschalten lässt. Es gibt: question,"),
        (MODERATION.replace("workshop_moderation", "question") + "off = true", "lässt sich nicht abschalten: Fragen"),
        (
            MODERATION.replace("workshop_moderation", "question") + 'mode = "central_match"',
            "Fragen gehen immer an alle",
        ),
    ],
)
def test_a_wrong_kind_names_itself_and_the_cure(tmp_path: Path, text: str, said: str) -> None:
    with pytest.raises(SettingsError) as caught:
        kinds(tmp_path, text)
    assert "Einstellung community.requests" in str(caught.value)
    assert said in str(caught.value)


def test_a_wrong_form_of_address_still_names_the_two(tmp_path: Path) -> None:
    with pytest.raises(SettingsError, match="„ihr“ passt nicht: möglich sind du und sie"):
        kinds(tmp_path, '[community]\naddress_direct = "ihr"')


def test_the_example_shows_every_built_in_kind_as_it_is() -> None:
    text = EXAMPLE.read_text(encoding="utf-8")
    for kind in KINDS:
        tandem = ", tandem" if kind.is_tandem else ""
        line = rf"^# {kind.name} +{kind.label} +{kind.mode}, {kind.rule}{tandem}$"
        assert re.search(line, text, re.MULTILINE), kind.name


def test_the_example_of_a_kind_is_valid(tmp_path: Path) -> None:
    block = EXAMPLE.read_text(encoding="utf-8").split("# [[community.requests]]")[1].split("# Mitgeliefert")[0]
    uncommented = "[[community.requests]]" + block.replace("\n# ", "\n")
    assert kinds(tmp_path, uncommented) == KINDS
