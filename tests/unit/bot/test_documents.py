"""The pages tell the truth."""

import re
import tomllib
from collections.abc import Collection, Iterator
from pathlib import Path
from typing import Any

import pytest
from typer.main import get_command

from bot.__main__ import cli
from bot.commands import find_command
from bot.roles import Role
from bot.settings import (
    CommunitySettings,
    DepartmentSettings,
    MatrixSettings,
    RequestSettings,
    SensitiveSettings,
    Settings,
    TeamsSettings,
    WebSettings,
    load_settings,
)
from handlers.table import TABLE
from knowledge import consultation_files
from knowledge.assignment import KINDS, DepartmentRule, Mode
from knowledge.consultation_formats import Format
from knowledge.formats.fields import LABELS
from knowledge.topics import built_in
from knowledge.working_days import LANDS
from storage.repositories.attendance import COMPANY_KEPT, DAYS_KEPT
from storage.repositories.personal import TRACES

ROOT = Path(__file__).parents[3]
README = (ROOT / "README.md").read_text(encoding="utf-8")
HANDBOOK = (ROOT / "deploy" / "handbuch.md").read_text(encoding="utf-8")
EXAMPLE = ROOT / "deploy" / "lotsenfunk.example.toml"
COMMANDS = tuple(job.command for job in TABLE.jobs)
MODELS = consultation_files.built_in()
SMALL_TALK = {"hallo", "danke", "auswahl"}
OFFERED_BY = {
    "thema": "themen",
    "code": "verknüpfen",
    "konten": "verknüpfen",
    "verknüpfung lösen": "konten",
    "fachbereich löschen": "fachbereich",
    "einladungen": "einladen",
    "porträt zeigen": "porträt",
    "porträt verbergen": "porträt",
    "porträt löschen": "porträt",
    "meine daten als datei": "meine daten",
    "meine daten löschen": "meine daten",
    "neuer jour fixe": "jour fixe",
    "jour fixe ändern": "jour fixe",
    "jour fixe einstellen": "jour fixe",
    "nächster punkt": "jour fixe starten",
    "mehr zeit": "jour fixe starten",
    "vertagen": "jour fixe starten",
    "jour fixe pause": "jour fixe starten",
    "voriger punkt": "jour fixe starten",
    "jour fixe beenden": "jour fixe starten",
    "moderation": "dienste",
    "gruppen neu": "gruppen",
    "abstimmung starten": "tagesordnung",
    "noch offen lassen": "tagesordnung schließen",
    "abstimmen": "tagesordnung",
    "aufgabe": "beschluss",
    "info": "beschluss",
    "idee": "beschluss",
    "offen": "beschluss",
    "einwand": "protokoll",
    "alle aufgaben": "aufgaben",
    "mein fall": "fall",
    "beratung abmelden": "beratungen",
    "vertraulich": "beratungen",
    "dazukommen": "beratungen",
    "modell": "modelle",
    "notizen": "notiz",
    "letzte notiz löschen": "notizen",
    "stand der beratung": "beratungen",
}
"""Commands that the help does not list, by the one whose answer names or offers them."""
ROLES = {
    "alle": Role.STAFF_MEMBER,
    "Lots:innen": Role.SUPPORTER,
    "Redaktion": Role.CURATOR,
    "Koordination": Role.COORDINATOR,
}
UNNAMED = {"__init__.py", "table.py"}
SECTIONS = (CommunitySettings, SensitiveSettings, DepartmentSettings, RequestSettings)
"""What stands below `[community]`."""


def test_every_command_line_verb_is_in_the_readme() -> None:
    assert [verb for verb in get_command(cli).commands if f"lotsenfunk {verb}" not in README and verb != "demo"] == []  # type: ignore[attr-defined]


def test_every_option_of_the_command_line_is_in_the_readme_or_the_handbook() -> None:
    pages = README + HANDBOOK
    assert [name for name in options(get_command(cli)) if not re.search(rf"{name}\b", pages)] == []


def options(command: Any) -> Iterator[str]:
    """All long options of a command and of those below it."""
    for parameter in command.params:
        yield from (name for name in parameter.opts if name.startswith("--"))
    for below in getattr(command, "commands", {}).values():
        yield from options(below)


def test_every_setting_is_in_the_example() -> None:
    text = EXAMPLE.read_text(encoding="utf-8")
    sections = (Settings, WebSettings, *SECTIONS, MatrixSettings, TeamsSettings)
    names = [name for section in sections for name in section.model_fields]
    assert [name for name in names if not re.search(rf"\b{name}\b", text)] == []


def test_the_example_shows_the_defaults() -> None:
    example = tomllib.loads(EXAMPLE.read_text(encoding="utf-8"))
    for section, defaults in (("web", WebSettings()), ("community", CommunitySettings())):
        filled = {name: value for name, value in defaults.model_dump(mode="json").items() if value}
        assert {name: example[section][name] for name in filled} == filled


def test_the_example_names_the_sensitive_topics_that_come_with_it() -> None:
    text = EXAMPLE.read_text(encoding="utf-8")
    assert [topic.name for topic in built_in() if f"„{topic.name}“" not in text] == []


def test_the_example_tells_how_the_kinds_of_request_that_come_with_it_are_assigned() -> None:
    text = EXAMPLE.read_text(encoding="utf-8")
    lines = {kind.name: line for kind in KINDS for line in text.splitlines() if line.startswith(f"# {kind.name} ")}
    for kind in KINDS:
        said = [part.strip() for part in lines[kind.name].split(kind.label)[1].split(",")]
        assert said == [kind.mode, kind.rule, *(["tandem"] if kind.is_tandem else [])], kind.name


def test_the_tables_of_the_example_load_when_they_are_taken_in(tmp_path: Path) -> None:
    tables = re.search(r"^# \[\[community\.departments.*?^\[\[matrix", EXAMPLE.read_text(encoding="utf-8"), re.M | re.S)
    assert tables
    taken_in = re.findall(r"^# (\[\[.*|[a-z]+ = .*)$", tables[0], re.MULTILINE)
    (tmp_path / "example.toml").write_text("\n".join(taken_in), encoding="utf-8")
    community = load_settings(tmp_path / "example.toml").community
    assert [len(each) for each in (community.departments, community.sensitive, community.requests)] == [2, 1, 1]


def test_the_handbook_names_the_ways_to_assign_and_the_laender() -> None:
    assert [word for word in (*Mode, *DepartmentRule, *LANDS) if f"`{word}`" not in HANDBOOK] == []


def test_the_handbook_names_all_that_the_data_of_a_person_may_hold() -> None:
    assert [trace.name for trace in TRACES if f"`{trace.name}`" not in HANDBOOK] == []


def test_the_handbook_tells_what_the_settings_of_the_community_mean() -> None:
    names = [name for section in SECTIONS for name in section.model_fields]
    assert [name for name in names if not re.search(rf"^\|.*`{name}`.*\|", HANDBOOK, re.MULTILINE)] == []


def test_the_handbook_names_every_column_of_a_file() -> None:
    assert [label for label in LABELS.values() if f"`{label}`" not in HANDBOOK] == []


def test_the_example_is_valid_but_for_its_secret(tmp_path: Path) -> None:
    secret = tmp_path / "secret"
    secret.write_text("x")
    example = EXAMPLE.read_text(encoding="utf-8").replace("/run/secrets/lotsenfunk-matrix", str(secret))
    (tmp_path / "example.toml").write_text(example, encoding="utf-8")
    assert load_settings(tmp_path / "example.toml").matrix


def test_every_folder_of_the_readme_exists_and_every_package_is_named() -> None:
    for folder in ("bot", "handlers", "knowledge", "storage", "tests", "deploy"):
        assert f"`{folder}/`" in README
        assert (ROOT / folder).is_dir()


@pytest.mark.parametrize("package", ["handlers", "knowledge"])
def test_the_readme_says_where_every_module_belongs(package: str) -> None:
    tables = dict(re.findall(rf"^\| `({package}(?:/\w+)*)/` on .*\n((?:\|.*\n)+)", README, re.MULTILINE))
    named = [f"{folder}/{name}" for folder, table in tables.items() for name in re.findall(r"`(\w+)`", table)]
    found = {belongs(path, tables) for path in (ROOT / package).rglob("*.py") if path.name not in UNNAMED}
    assert sorted(named) == sorted(found)


def belongs(path: Path, folders: Collection[str]) -> str:
    """A module below the nearest of these folders; all of a package without a table of its own is one module."""
    place = path.relative_to(ROOT).with_suffix("")
    return next(str(part) for part in (place, *place.parents) if str(part.parent) in folders)


def test_the_bot_understands_every_command_of_the_handbook() -> None:
    assert [said for said, _ in shown() if find_command(said, COMMANDS) is None] == []


def test_the_handbook_shows_every_command() -> None:
    found = (find_command(said, COMMANDS) for said, _ in shown())
    names = {said.command.name for said in found if said}
    assert {command.name for command in COMMANDS} - names == SMALL_TALK


def test_the_help_lists_commands_for_those_whom_the_handbook_names() -> None:
    for said, who in shown():
        found = find_command(said, COMMANDS)
        if found and found.command.summary:
            assert found.command.role == ROLES[who], said


def test_every_command_is_listed_or_offered_by_one_that_is() -> None:
    unlisted = {command.name for command in COMMANDS if not command.summary and not command.numbered}
    assert unlisted == SMALL_TALK | set(OFFERED_BY)
    listed = {command.name for command in COMMANDS if command.summary}
    assert set(OFFERED_BY.values()) <= listed | set(OFFERED_BY)


def shown() -> list[tuple[str, str]]:
    """What people may type, and who: the first two columns of the handbook's table of commands."""
    [table] = re.findall(r"^\| Befehl .*\n((?:\|.*\n)+)", HANDBOOK, re.MULTILINE)
    rows = [row.split("|")[1:3] for row in table.splitlines()]
    return [(said, who.split(",")[0].strip()) for what, who in rows for said in re.findall("„(.+?)“", what)]


def test_the_bot_understands_every_sentence_of_the_handbook() -> None:
    assert [said for said in sentences() if not is_understood(said)] == []


def sentences() -> list[str]:
    """What else people may say: the first columns of the handbook's tables of sentences and words."""
    tables = re.findall(r"^\| (?:Satz|Wort) .*\n((?:\|.*\n)+)", HANDBOOK, re.MULTILINE)
    rows = [row.split("|")[1] for table in tables for row in table.splitlines()]
    return [said.removeprefix("@Lotsenfunk ") for what in rows for said in re.findall("„(.+?)“", what)]


def is_understood(said: str) -> bool:
    """Whether that is a command, or a sentence that the bot acts upon."""
    commands = [*COMMANDS, *(job.command for job in TABLE.round_jobs)]
    return find_command(said, commands) is not None or any(reads(said) for reads, _ in TABLE.readings)


def test_the_handbook_says_how_long_is_kept_what_no_setting_is_about() -> None:
    kept = re.findall(r"^\|[^|]*\| (\d+) Tage[^|,]*\|[^|]*\| `(\w+)` \|$", HANDBOOK, re.MULTILINE)
    assert {name: int(days) for days, name in kept} == {
        "dienste": DAYS_KEPT,
        "zusagen": DAYS_KEPT,
        "gruppen": COMPANY_KEPT.days,
    }


def test_the_handbook_lists_each_model_of_peer_consultation_with_its_length_and_size() -> None:
    [table] = re.findall(r"^\| Modell .*\n\|[-|]*\n((?:\|.*\n)+)", HANDBOOK, re.MULTILINE)
    rows = [[cell.strip() for cell in row.split("|")[1:4]] for row in table.splitlines()]
    listed = {title.partition(" (")[0]: (length, size) for title, length, size in rows}
    assert listed == {plan.title: (_length(plan), _span(plan.smallest, plan.largest)) for plan in MODELS.values()}


def _length(plan: Format) -> str:
    low, high = plan.best
    written = f"bis zu {plan.days(high)} Arbeitstage"
    return f"{_span(plan.minutes(low), plan.minutes(high))} Minuten" if plan.minutes(low) else written


def _span(low: int, high: int) -> str:
    return str(low) if low == high else f"{low} bis {high}"


def test_the_readme_says_how_many_models_of_peer_consultation_there_are() -> None:
    numbers = ["six", "seven", "eight", "nine", "ten"]
    assert f"- **Lead**: {numbers[len(MODELS) - 6]} models," in README


def test_links_to_our_own_pages_lead_somewhere() -> None:
    for page in (ROOT / "README.md", ROOT / "deploy" / "handbuch.md"):
        for target in re.findall(r"\]\((?!https?:)([^)#]+)\)", page.read_text(encoding="utf-8")):
            assert (page.parent / target).exists(), target
