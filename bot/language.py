"""How the bot speaks: du as written in the code, Sie from the catalogue, dates as they are said."""

from collections.abc import Callable
from datetime import date
from enum import StrEnum
from functools import cache
from gettext import GNUTranslations
from importlib.resources import files
from io import BytesIO

from babel.dates import format_date
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po

Say = Callable[[str], str]


class AddressForm(StrEnum):
    """How people are spoken to."""

    DU = "du"
    SIE = "sie"


@cache
def sentences(form: AddressForm) -> Say:
    """The function that turns a sentence of the code into this form of address."""
    if form is AddressForm.DU:
        return str
    compiled = BytesIO()
    with (files("bot") / "locale" / "de_formal" / "LC_MESSAGES" / "lotsenfunk.po").open("rb") as catalogue:
        write_mo(compiled, read_po(catalogue, locale="de"))
    compiled.seek(0)
    return GNUTranslations(compiled).gettext


def in_words(day: date) -> str:
    """A date as it is said: 3. September 2026."""
    return format_date(day, "d. MMMM y", locale="de_DE")
