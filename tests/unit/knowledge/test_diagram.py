from pathlib import Path

import pytest

from knowledge.calibration import reliability
from knowledge.diagram import NoDiagram, check, write

BINS = reliability([0.05, 0.15, 0.55, 0.9, 0.95], [False, False, True, True, True])


def test_diagram_says_in_german_what_it_shows_and_is_the_same_each_time(tmp_path: Path) -> None:
    write(BINS, tmp_path / "a.svg")
    write(BINS, tmp_path / "b.SVG")
    drawn = (tmp_path / "a.svg").read_text("utf-8")
    assert "Anteil der richtigen Treffer" in drawn
    assert "Wahrscheinlichkeit des ersten Treffers" in drawn
    assert drawn == (tmp_path / "b.SVG").read_text("utf-8")


def test_diagram_is_a_picture_on_demand_even_of_nothing(tmp_path: Path) -> None:
    write([], tmp_path / "a.png")
    assert (tmp_path / "a.png").read_bytes().startswith(b"\x89PNG")
    assert [file.name for file in tmp_path.iterdir()] == ["a.png"]


@pytest.mark.parametrize(
    ("name", "said"), [("a.pdf", "Endung .svg oder .png"), ("a", "Endung"), ("fehlt/a.svg", "Ordner")]
)
def test_diagram_with_no_place_to_be_is_refused_before_work_begins(tmp_path: Path, name: str, said: str) -> None:
    with pytest.raises(NoDiagram, match=said):
        check(tmp_path / name)
    with pytest.raises(NoDiagram, match=said):
        write(BINS, tmp_path / name)
    assert list(tmp_path.iterdir()) == []
