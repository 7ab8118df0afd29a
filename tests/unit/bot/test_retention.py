"""How long things are kept is a matter of the house, within bounds, and the same wherever it is told."""

from dataclasses import fields

import pytest
from pydantic import ValidationError

from bot.app import house
from bot.retention import STANDARD, Retention
from bot.settings import CommunitySettings

SETTINGS = [f"{field.name}_kept_days" for field in fields(Retention)]


def test_a_house_that_says_nothing_keeps_what_the_field_recommends() -> None:
    assert CommunitySettings().retention == STANDARD == Retention(7, 90, 30, 90, 365)


@pytest.mark.parametrize("name", SETTINGS)
def test_each_period_is_a_setting_that_nights_and_sentences_use(name: str) -> None:
    given = CommunitySettings.model_validate({name: 8})
    assert getattr(given.retention, name.removesuffix("_kept_days")) == 8
    assert house(given).retention == given.retention
    others = [other for other in SETTINGS if other != name]
    assert all(getattr(given, other) == getattr(CommunitySettings(), other) for other in others)


@pytest.mark.parametrize("name", SETTINGS)
@pytest.mark.parametrize("days", [0, -1, 5000])
def test_nothing_is_kept_for_no_time_or_for_ever(name: str, days: int) -> None:
    with pytest.raises(ValidationError):
        CommunitySettings.model_validate({name: days})
