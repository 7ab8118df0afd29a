"""What is installed is complete: also the parts that are no Python modules."""

import os
import subprocess
import sys
import venv
from importlib.metadata import packages_distributions
from importlib.util import find_spec
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[3]


@pytest.mark.parametrize("package", ["bot", "handlers", "knowledge", "storage"])
def test_no_other_distribution_owns_our_package_names(package: str) -> None:
    assert set(packages_distributions().get(package, ["lotsenfunk"])) == {"lotsenfunk"}
    found = find_spec(package)
    assert found
    assert Path(str(found.origin)).is_relative_to(ROOT)


def test_the_wheel_holds_migrations_texts_and_demo_and_works_elsewhere(tmp_path: Path) -> None:
    build = [sys.executable, "-m", "build", "--wheel", "--no-isolation", "--outdir", str(tmp_path), str(ROOT)]
    subprocess.run(build, check=True, capture_output=True)
    [wheel] = tmp_path.glob("*.whl")
    venv.create(tmp_path / "clean", with_pip=False)
    python = tmp_path / "clean" / "bin" / "python"
    install = [sys.executable, "-m", "pip", "--python", str(python), "install", "--no-deps", "--quiet", str(wheel)]
    subprocess.run(install, check=True)
    # Only what we depend on comes from here; our packages are those of the wheel.
    environment = {
        "PYTHONPATH": str(Path(pytest.__file__).parents[1]),
        "PATH": os.environ["PATH"],
        "HOME": str(tmp_path),
    }
    script = (
        "import asyncio, bot, storage.database as d\n"
        "from importlib.resources import files\n"
        "from bot.language import AddressForm, sentences\n"
        f"assert str(bot.__file__).startswith({str(tmp_path)!r}), bot.__file__\n"
        f"asyncio.run(d.Database('sqlite+aiosqlite:///{tmp_path}/x.db').migrate())\n"
        "assert sentences(AddressForm.SIE)('Deine Frage ist gelöscht.').startswith('Ihre')\n"
        "assert (files('bot.demo') / 'knowledge.md').is_file()\n"
        "from knowledge import consultation_files, consultation_methods\n"
        "assert 'six_phase' in consultation_files.built_in() and consultation_methods.methods()\n"
        "assert (files('bot.platforms.teams.icons') / 'color.png').is_file()\n"
        "assert (files('bot.platforms.teams.schema') / 'MicrosoftTeams.schema.json').is_file()\n"
    )
    subprocess.run([python, "-c", script], check=True, cwd=tmp_path, env=environment)
