"""The pages tell the truth."""

import re
from pathlib import Path

from typer.main import get_command

from bot.__main__ import cli
from bot.settings import CommunitySettings, MatrixSettings, Settings, TeamsSettings, WebSettings, load_settings
from handlers.table import TABLE

ROOT = Path(__file__).parents[3]
README = (ROOT / "README.md").read_text(encoding="utf-8")
EXAMPLE = ROOT / "deploy" / "lotsenfunk.example.toml"


def test_every_command_line_verb_is_in_the_readme() -> None:
    assert [verb for verb in get_command(cli).commands if f"lotsenfunk {verb}" not in README and verb != "demo"] == []  # type: ignore[attr-defined]


def test_every_setting_is_in_the_example() -> None:
    text = EXAMPLE.read_text(encoding="utf-8")
    sections = (Settings, WebSettings, CommunitySettings, MatrixSettings, TeamsSettings)
    names = [name for section in sections for name in section.model_fields]
    assert [name for name in names if not re.search(rf"\b{name}\b", text)] == []


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


def test_every_listed_command_says_what_it_does() -> None:
    listed = [job.command for job in TABLE.jobs if job.command.summary]
    assert {"frage", "hilfe", "datenschutz", "offene fragen"} == {command.name for command in listed}


def test_links_to_our_own_pages_lead_somewhere() -> None:
    for page in (ROOT / "README.md", ROOT / "deploy" / "handbuch.md"):
        for target in re.findall(r"\]\((?!https?:)([^)#]+)\)", page.read_text(encoding="utf-8")):
            assert (page.parent / target).exists(), target
