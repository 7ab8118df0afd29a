"""Understands sentences about duties: „tausche Moderation mit Svenja“, „ich kann moderieren“, „wer moderiert?“."""

import re
from dataclasses import dataclass

from bot.commands import plain_words
from storage.models.jour_fixe import Duty

MOST_WORDS = 10

_NOUNS = {
    Duty.MODERATOR: r"(?:moderation|moderieren|moderator|moderatorin)",
    Duty.MINUTE_TAKER: r"(?:protokoll|protokollführung|protokollant|protokollantin|protokollieren)",
    Duty.TIMEKEEPER: r"(?:zeit|zeitwache|zeitnahme|zeitwächter|zeitwächterin)",
}
_NOUN = "(?:" + "|".join(f"(?P<{duty.name}>{noun})" for duty, noun in _NOUNS.items()) + ")"
_THE = r"(?:(?:die|das|den|der|meine|mein|meinen) )?"
_MEETING = (
    r"(?: (?:(?:den|beim|im|am|vom|für den|des) )?(?:nächsten? )?(?:jour ?fixe?s?|jf|termin|treffen)"
    r"| (?:das )?nächste[sn]? mal| diesmal)?"
)
_WISH = r"(?:(?:ich|wir) )?(?:(?:möchte|will|würde|muss|kann) )?(?:(?:bitte|gern|gerne|mal) )?"
_SWAPS = (
    re.compile(
        rf"{_WISH}(?:tausche?|tauschen)? ?{_THE}{_NOUN}{_MEETING}(?: (?:mit|gegen) (?P<name>.+?))?(?: tauschen)?"
    ),
    re.compile(rf"{_WISH}(?:tausche?|tauschen)? ?mit (?P<name>.+?) {_THE}{_NOUN}{_MEETING}(?: tauschen)?"),
    re.compile(rf"{_WISH}(?:tausche?|tauschen)? ?mit (?P<name>.+?){_MEETING}(?: tauschen)?"),
    re.compile(rf"{_WISH}gebe? {_THE}{_NOUN}{_MEETING} (?:an (?P<name>.+?) )?ab"),
    re.compile(rf"{_WISH}{_THE}{_NOUN}{_MEETING} (?:an (?P<name>.+?) )?abgeben"),
)
_DOING = r"(?: (?:machen|übernehmen|führen|schreiben))?"
_WOULD = r"(?:kann|könnte|möchte|will|würde)"
_ABLE = rf"(?:ich {_WOULD}|{_WOULD}(?: ich)?)(?: (?:gern|gerne|auch|mal|leider|doch))*"
_CAN = re.compile(rf"{_ABLE}{_MEETING} (?P<not1>(?:nicht|keine?) )?{_THE}{_NOUN}(?P<not2> nicht)?{_DOING}{_MEETING}")
# A day is said anywhere: „kann am Donnerstag nicht moderieren“.
_DAY = re.compile(
    r" ?\b(?:am|zum|vom|für) (?:(?:nächsten|kommenden|diesen) )?(?:(?:mon|diens|donners|frei|sams)tag|mittwoch|sonntag"
    r"|\d{1,2} (?:\d{1,2}|[a-zä]{3,9})(?: \d{4})?)\b"
)
_VERBS = {
    Duty.MODERATOR: r"(?:moderiere?t?|mach(?:e|t)? die moderation|(?:übernehme|übernimmt) die moderation)",
    Duty.MINUTE_TAKER: r"(?:(?:führ|schreib|mach)(?:e|t)? (?:das )?protokoll|protokollier(?:e|t)"
    r"|(?:übernehme|übernimmt) das protokoll)",
    Duty.TIMEKEEPER: r"(?:achtet?e? auf die zeit|macht?e? die zeit(?:wache|nahme)?|nimmt die zeit|nehme die zeit)",
}
_VERB = "(?:" + "|".join(f"(?P<{duty.name}>{verb})" for duty, verb in _VERBS.items()) + ")"
_STATEMENT = re.compile(rf"(?P<name>(?:\w+ ){{0,3}}\w+) {_VERB}{_MEETING}")
# „das Team moderiert“ names nobody, and „wer moderiert“ asks.
_NOBODY = frozenset((
    "er", "sie", "es", "man", "wir", "ihr", "du", "jemand", "niemand", "wie", "was", "wann", "wo", "warum", "das",
    "der", "die", "ein", "eine", "wenn", "dass", "ob", "und", "bot", "keiner",
))  # fmt: skip


@dataclass(frozen=True, slots=True)
class Said:
    """What somebody said about a duty, None if they did not say which.

    `name` is empty where nobody is named, `ich` for the sender, `wer` for a question. `day` is in their words, empty
    for the next meeting.
    """

    duty: Duty | None
    name: str = ""
    day: str = ""


def read_swap(text: str) -> Said | None:
    """Which duty somebody wants to give away, and to whom; None if they do not."""
    words, day = _without_day(text)
    if "?" in text or not _is_short(words):
        return None
    if (found := _CAN.fullmatch(words)) and _is_denied(found):
        return Said(_duty(found), day=day)
    if not ("tausch" in words or words.endswith((" ab", " abgeben"))):
        return None
    found = next((found for pattern in _SWAPS if (found := pattern.fullmatch(words))), None)
    return Said(_duty(found), _written(text, found["name"] or ""), day) if found else None


def read_statement(text: str) -> Said | None:
    """Who has which duty, as somebody says or asks; None if it is no such sentence."""
    words, day = _without_day(text)
    if not _is_short(words):
        return None
    if "?" not in text and (found := _CAN.fullmatch(words)) and not _is_denied(found):
        return Said(_duty(found), "ich", day)
    found = _STATEMENT.fullmatch(words)
    if found is None or (name := found["name"]).split()[0] in _NOBODY or ("?" in text and name != "wer"):
        return None
    return Said(_duty(found), name if name in ("ich", "wer") else _written(text, name), day)


def is_about_duties(text: str) -> bool:
    """Whether a sentence swaps a duty, gives it to somebody, or asks who has it."""
    return read_swap(text) is not None or read_statement(text) is not None


def _is_denied(found: re.Match[str]) -> bool:
    return bool(found["not1"] or found["not2"])


def _without_day(text: str) -> tuple[str, str]:
    """The plain words without a day, and that day: „donnerstag“, „3.12.“."""
    words = plain_words(text)
    found = _DAY.search(words)
    if found is None:
        return words, ""
    day = re.sub(r"^ ?(?:am|zum|vom|für) ", "", found.group())
    return _DAY.sub("", words, count=1).strip(), re.sub(r"^(\d+) (\d+)(?: |$)", r"\1.\2.", day)


def _is_short(words: str) -> bool:
    return len(words.split()) <= MOST_WORDS


def _duty(found: re.Match[str]) -> Duty | None:
    return next((duty for duty in Duty if found.groupdict().get(duty.name)), None)


def _written(text: str, name: str) -> str:
    """A name as it was written: „anna lena berg“ is „Anna-Lena Berg“ in the text."""
    words = text.split()
    counts = range(len(name.split()), 0, -1)
    tries = (" ".join(words[at : at + count]) for count in counts for at in range(len(words)))
    return next((one.strip(' .,!:„“"') for one in tries if plain_words(one) == name), name)
