"""Every setting, typed and checked before anything starts.

Values come from `lotsenfunk.toml` and are overridden by environment variables (`LOTSENFUNK_WEB__PORT=9000`). Secrets
may lie in files of their own (`password_file`, `LOTSENFUNK_MATRIX__PASSWORD_FILE`). Environment variables below
`LOTSENFUNK_MATRIX__` reach the account of a house that has one.
"""

import difflib
import ipaddress
import os
import re
import tomllib
from collections.abc import Mapping
from datetime import date
from functools import cached_property
from pathlib import Path
from typing import Annotated, Any, Literal, Self
from uuid import UUID
from zoneinfo import available_timezones

from pydantic import (
    AfterValidator,
    AnyHttpUrl,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    SecretStr,
    ValidationError,
    model_validator,
)
from pydantic_settings import BaseSettings, PydanticBaseSettingsSource, SettingsConfigDict, TomlConfigSettingsSource
from sqlalchemy import make_url
from sqlalchemy.exc import ArgumentError
from typing_extensions import override

from bot.errors import SettingsError
from bot.language import AddressForm
from bot.quiet import Quiet, read_quiet
from bot.retention import Retention
from knowledge import consultation_files, school_holidays
from knowledge.assignment import KINDS, QUESTION, DepartmentRule, Kind, Mode
from knowledge.assignment import find as find_kind
from knowledge.consultation_files import FormatError
from knowledge.consultation_formats import Format
from knowledge.decision import WRONG_SHARE
from knowledge.departments import Department, Departments
from knowledge.text import normalise
from knowledge.topics import Topic, built_in, find
from knowledge.working_days import WorkingDays

CONFIG_VARIABLE = "LOTSENFUNK_CONFIG"
DEFAULT_CONFIG = Path("lotsenfunk.toml")


def _zone(name: str) -> str:
    if name not in available_timezones():
        raise ValueError("ist keine Zeitzone. Beispiel: Europe/Berlin")
    return name


def _hours(text: str) -> str:
    if text and read_quiet(text) is None:
        raise ValueError('sind keine Uhrzeiten. Beispiel: "20:00-07:00"; "" für keine Ruhezeit')
    return text


def _matrix_id(user_id: str) -> str:
    localpart, _, server = user_id.partition(":")
    if not localpart.startswith("@") or len(localpart) < 2 or not server:
        raise ValueError("ist keine Matrix-Adresse. Beispiel: @lotsenfunk:example.org")
    return user_id


def _inviter(pattern: str) -> str:
    localpart, _, server = pattern.partition(":")
    if not server or "*" in server or not (localpart == "*" or localpart.startswith("@")):
        raise ValueError("nennt einen Server (*:example.org) oder eine Person (@anna:example.org)")
    return pattern


def _entra_id(identity: str) -> str:
    try:
        return str(UUID(identity)) if identity else ""
    except ValueError:
        raise ValueError("ist keine Kennung aus Entra. Beispiel: 11111111-2222-3333-4444-555555555555") from None


def _database_url(url: str | None) -> str | None:
    if url is None:
        return None
    try:
        driver = make_url(url).drivername
    except ArgumentError:
        driver = ""
    if driver not in ("sqlite+aiosqlite", "postgresql+psycopg"):
        raise ValueError("beginnt mit postgresql+psycopg:// oder sqlite+aiosqlite://")
    return url


def _secret_from_file(path: Path) -> SecretStr:
    try:
        return SecretStr(path.read_text(encoding="utf-8").strip())
    except (OSError, UnicodeDecodeError) as error:
        raise ValueError(f"lässt sich nicht lesen ({type(error).__name__}). Pfad und Rechte prüfen") from None


SecretFile = Annotated[SecretStr | None, BeforeValidator(lambda path: _secret_from_file(Path(path)))]


def _as_list(value: Any) -> Any:
    return [value] if isinstance(value, dict) else value


def _as_several(value: Any) -> Any:
    return [value] if isinstance(value, str) else value


class Section(BaseModel):
    """A table of the settings file; a key that is not known is an error, since it is most often a typo."""

    model_config = ConfigDict(extra="forbid", frozen=True)


class WebSettings(Section):
    """Where the web endpoints listen; by `public_url` others reach them: people their calendars, Teams the bot."""

    host: str = "127.0.0.1"
    port: int = Field(default=8080, ge=0, le=65535)
    public_url: AnyHttpUrl | None = None

    @property
    def address(self) -> str:
        """The public address without a slash at its end; empty if there is none."""
        return str(self.public_url or "").rstrip("/")


def _word(word: str) -> str:
    if len(normalise(word)) < _SHORTEST_WORD:
        raise ValueError(f"ist zu kurz: Ein Wort braucht mindestens {_SHORTEST_WORD} Buchstaben")
    return word


_SHORTEST_WORD = 4  # words are found at the beginning of other words, too


class SensitiveSettings(Section):
    """A sensitive topic of the house, or what it changes at a built-in one: what is left out there stays as it was."""

    topic: str = Field(min_length=1)
    office: str = ""
    words: tuple[Annotated[str, AfterValidator(_word)], ...] | None = None
    examples: tuple[str, ...] | None = None
    urgent: bool | None = None
    off: bool = False

    @property
    def whole(self) -> Topic:
        """The topic with what was left out."""
        known = find(self.topic, built_in()) or Topic(self.topic, "")
        return Topic(
            known.name,
            self.office or known.office,
            known.words if self.words is None else self.words,
            known.examples if self.examples is None else self.examples,
            known.is_urgent if self.urgent is None else self.urgent,
        )

    @model_validator(mode="after")
    def _can_be_recognised(self) -> Self:
        if self.off and not find(self.topic, built_in()):
            names = ", ".join(topic.name for topic in built_in())
            raise ValueError(f"hat kein Thema „{self.topic}“, das sich abschalten lässt. Es gibt: {names}")
        if not self.off and not self.whole.office:
            raise ValueError("braucht noch office: wer bei diesem Thema hilft")
        if not self.off and not (self.whole.words or self.whole.examples):
            raise ValueError("braucht noch words oder examples, sonst wird das Thema nie erkannt")
        return self


def _once_each(given: tuple[SensitiveSettings, ...]) -> tuple[SensitiveSettings, ...]:
    names = [topic.topic.casefold() for topic in given]
    if twice := [topic.topic for topic in given if names.count(topic.topic.casefold()) > 1]:
        raise ValueError(f"nennt das Thema „{twice[0]}“ zweimal. Eine der Tabellen löschen")
    return given


class DepartmentSettings(Section):
    """A department of the house, of any level; `under` is the name of the one it belongs to."""

    name: str = Field(min_length=1)
    aliases: tuple[str, ...] = ()
    under: str | None = None


def _tree(given: tuple[DepartmentSettings, ...]) -> Departments:
    return Departments([Department(each.name, each.aliases, each.under) for each in given])


def _can_be_a_tree(given: tuple[DepartmentSettings, ...]) -> tuple[DepartmentSettings, ...]:
    _tree(given)
    return given


def _have_holidays(lands: tuple[str, ...]) -> tuple[str, ...]:
    WorkingDays(lands)
    return lands


class DayOff(Section):
    """A day on which the house is closed, perhaps with a name; in the file „2026-12-24 Heiligabend“, or just a day."""

    day: date
    name: str = ""


def _day_off(value: Any) -> Any:
    if isinstance(value, str):
        day, _, name = value.strip().partition(" ")
        return {"day": day, "name": name.strip()}
    return value if isinstance(value, dict | DayOff) else {"day": value}


def _yearly_day(text: str) -> str:
    if _read_yearly(text) is None:
        raise ValueError("nennt keinen Tag. Gebraucht wird ein Tag ohne Jahr mit Namen: „24.12. Heiligabend“")
    return text


def _read_yearly(text: str) -> tuple[tuple[int, int], str] | None:
    """Month and day with their name, of „24.12. Heiligabend“; None for what is no day of any year."""
    found = re.fullmatch(r"(\d{1,2})\.\s*(\d{1,2})\.\s*(.*)", text.strip())
    try:
        day = date(2000, int(found[2]), int(found[1])) if found else None
    except ValueError:
        day = None
    return ((day.month, day.day), found[3]) if found and day else None


def _can_be_read(path: Path) -> Path:
    school_holidays.read(path)
    return path


def _can_be_used(folder: Path | None) -> Path | None:
    try:
        consultation_files.load(folder)
    except FormatError as error:
        raise ValueError("nennt Beratungsmodelle, die nicht gehen:\n" + str(error).rstrip(".")) from None
    return folder


class RequestSettings(Section):
    """A kind of request of the house, or what it changes at a built-in one: what is left out there stays as it was."""

    kind: str = Field(min_length=1)
    label: str = ""
    mode: Mode | None = None
    rule: DepartmentRule | None = None
    tandem: bool | None = None
    off: bool = False

    @property
    def whole(self) -> Kind:
        """The kind with what was left out."""
        known = find_kind(self.kind, KINDS) or Kind(self.kind, "", Mode.SELF_CHOICE, DepartmentRule.OWN_EXCLUDED)
        return Kind(
            known.name,
            self.label or known.label,
            self.mode or known.mode,
            self.rule or known.rule,
            known.is_tandem if self.tandem is None else self.tandem,
        )

    @model_validator(mode="after")
    def _is_complete(self) -> Self:
        known = find_kind(self.kind, KINDS)
        given = {"label": self.label, "mode": self.mode, "rule": self.rule}
        missing = [name for name, value in given.items() if not value]
        if self.mode and known == QUESTION:
            raise ValueError(
                "hat mode bei „question“: Fragen gehen immer an alle Lots:innen. Die Zeile mit mode löschen"
            )
        if self.off and known == QUESTION:
            raise ValueError("lässt sich nicht abschalten: Fragen gibt es in jedem Haus. Die Zeile mit off löschen")
        if self.off and not known:
            raise ValueError(f"hat keine Art „{self.kind}“, die sich abschalten lässt. Es gibt: {_BUILT_IN_KINDS}")
        if missing and not known:
            raise ValueError(f"braucht noch {', '.join(missing)}, denn mitgeliefert sind nur: {_BUILT_IN_KINDS}")
        return self


_BUILT_IN_KINDS = ", ".join(kind.name for kind in KINDS)


def _kinds(given: tuple[RequestSettings, ...]) -> tuple[Kind, ...]:
    """The built-in kinds as the house changed them, then its own."""
    off = {one.whole.name for one in given if one.off}
    kinds = {kind.name: kind for kind in KINDS} | {one.whole.name: one.whole for one in given}
    return tuple(kind for name, kind in kinds.items() if name not in off)


def _kinds_apart(given: tuple[RequestSettings, ...]) -> tuple[RequestSettings, ...]:
    names = [one.whole.name.casefold() for one in given]
    if twice := [one.kind for one in given if names.count(one.whole.name.casefold()) > 1]:
        raise ValueError(f"nennt die Art „{twice[0]}“ zweimal. Eine der Tabellen löschen")
    labels = [kind.label.casefold() for kind in _kinds(given)]
    if alike := [kind.label for kind in _kinds(given) if labels.count(kind.label.casefold()) > 1]:
        raise ValueError(f"nennt zwei Arten „{alike[0]}“. Eine braucht ein anderes label")
    return given


class CommunitySettings(Section):
    """The supporters and how they are spoken to; whoever is not named is a staff member.

    `rooms` are the conversations that only supporters are in: entries for the community are shown there. `curators`
    look after the answers, like coordinators, and decide in `curators_room`. Of what is said in `confidential_rooms`
    nothing is ever kept. `wrong_answers` is the share of wrong ones among confident answers that the house accepts.
    `answer_days` to `backups_kept_days` are as in `bot.turn.House`, `offers_kept_days` to `tandems_kept_days` as in
    `bot.retention.Retention`. In `quiet_hours` the bot says nothing by itself.
    On `yearly_days_off` the house is closed each year: most are on Heiligabend and Silvester, which are no holidays.
    `school_holidays` are files with those of the Länder; a jour fixe meets in them, unless `spare_school_holidays`.
    `consultation_formats` is a folder with the house's own formats of peer consultation.
    Who writes more than `messages_per_minute` gets no answer for a minute; with 0 nobody is limited.
    """

    supporters: frozenset[str] = frozenset()
    curators: frozenset[str] = frozenset()
    coordinators: frozenset[str] = frozenset()
    administrators: frozenset[str] = frozenset()
    rooms: frozenset[str] = frozenset()
    curators_room: str | None = None
    confidential_rooms: frozenset[str] = frozenset()
    wrong_answers: float = Field(default=WRONG_SHARE, gt=0, lt=1)
    organization: str = ""
    address_direct: AddressForm = AddressForm.SIE
    address_group: AddressForm = AddressForm.DU
    time_zone: Annotated[str, AfterValidator(_zone)] = "Europe/Berlin"
    answer_days: int = Field(default=3, ge=1, le=60)
    agenda_days: int = Field(default=10, ge=1, le=200)
    questions_at_once: int = Field(default=5, ge=1, le=50)
    kept_days: int = Field(default=14, ge=1, le=90)
    backups_kept_days: int = Field(default=30, ge=0, le=3650)
    offers_kept_days: int = Field(default=7, ge=1, le=30)
    open_questions_kept_days: int = Field(default=90, ge=1, le=365)
    ids_kept_days: int = Field(default=30, ge=7, le=90)
    unmet_topics_kept_days: int = Field(default=90, ge=1, le=365)
    tandems_kept_days: int = Field(default=365, ge=1, le=1095)
    quiet_hours: Annotated[str, AfterValidator(_hours)] = "20:00-07:00"
    messages_per_minute: int = Field(default=30, ge=0, le=1000)
    sensitive: Annotated[tuple[SensitiveSettings, ...], BeforeValidator(_as_list), AfterValidator(_once_each)] = ()
    requests: Annotated[tuple[RequestSettings, ...], BeforeValidator(_as_list), AfterValidator(_kinds_apart)] = ()
    departments: Annotated[
        tuple[DepartmentSettings, ...], BeforeValidator(_as_list), AfterValidator(_can_be_a_tree)
    ] = ()
    lands: Annotated[tuple[str, ...], AfterValidator(_have_holidays)] = ()
    days_off: tuple[Annotated[DayOff, BeforeValidator(_day_off)], ...] = ()
    yearly_days_off: tuple[Annotated[str, AfterValidator(_yearly_day)], ...] = (
        "24.12. Heiligabend",
        "31.12. Silvester",
    )
    school_holidays: Annotated[
        tuple[Annotated[Path, AfterValidator(_can_be_read)], ...], BeforeValidator(_as_several)
    ] = ()
    spare_school_holidays: bool = False
    consultation_formats: Annotated[Path | None, AfterValidator(_can_be_used)] = None

    @cached_property
    def department_tree(self) -> Departments:
        """The departments with their names and how they belong together."""
        return _tree(self.departments)

    @cached_property
    def working_days(self) -> WorkingDays:
        """The days on which the house is at work: by the holidays of its `lands` and its own days off."""
        schools = [holidays for path in self.school_holidays for holidays in school_holidays.read(path)]
        days_off = {off.day: off.name for off in self.days_off}
        yearly = dict(filter(None, map(_read_yearly, self.yearly_days_off)))
        return WorkingDays(self.lands, days_off, schools, self.spare_school_holidays, yearly)

    @cached_property
    def formats(self) -> Mapping[str, Format]:
        """The formats of peer consultation: the built-in ones as the house changed them, then its own."""
        return consultation_files.load(self.consultation_formats)

    @property
    def retention(self) -> Retention:
        """For how long what is kept."""
        return Retention(
            self.offers_kept_days,
            self.open_questions_kept_days,
            self.ids_kept_days,
            self.unmet_topics_kept_days,
            self.tandems_kept_days,
        )

    @property
    def quiet(self) -> Quiet | None:
        """The quiet hours of the house, if it has any."""
        return read_quiet(self.quiet_hours)

    @property
    def topics(self) -> tuple[Topic, ...]:
        """The sensitive topics: the built-in ones as the house changed them, then its own."""
        own = {given.whole.name: given for given in self.sensitive}
        names = dict.fromkeys([*(topic.name for topic in built_in()), *own])
        topics = (own[name].whole if name in own else find(name, built_in()) for name in names)
        return tuple(topic for topic in topics if topic and not (topic.name in own and own[topic.name].off))

    @property
    def kinds(self) -> tuple[Kind, ...]:
        """The kinds of request: the built-in ones as the house changed them, then its own."""
        return _kinds(self.requests)


class MatrixSettings(Section):
    """One Matrix account. It logs in with a password or with an access token, or was logged in by hand before.

    `store_key` locks the store of its encryption keys. `trust` says what becomes of devices that their owner has not
    confirmed: "strict" neither hears nor tells them anything, "open" answers. Operators are warned in their room.
    """

    homeserver: AnyHttpUrl
    user_id: Annotated[str, AfterValidator(_matrix_id)]
    password: SecretStr | None = None
    password_file: SecretFile = None
    access_token: SecretStr | None = None
    access_token_file: SecretFile = None
    invites_from: tuple[Annotated[str, AfterValidator(_inviter)], ...] = ()
    trust: Literal["strict", "open"] = "strict"
    store_key: SecretStr | None = None
    store_key_file: SecretFile = None
    operators_room: str | None = None
    read_receipts: bool = False

    @property
    def secret_password(self) -> str | None:
        """The password, from wherever it came."""
        return _reveal(self.password or self.password_file)

    @property
    def secret_token(self) -> str | None:
        """The access token, from wherever it came."""
        return _reveal(self.access_token or self.access_token_file)

    @property
    def secret_store_key(self) -> str | None:
        """The key of the key store, from wherever it came."""
        return _reveal(self.store_key or self.store_key_file)

    @property
    def address(self) -> str:
        """The homeserver without a slash at the end."""
        return str(self.homeserver).rstrip("/")


class TeamsSettings(Section):
    """The bot's registration with Microsoft: one app in the tenant of the house.

    With `unauthenticated`, for development, everybody who reaches the port may speak as anybody. Answers are only sent
    to `service_hosts`. `organization` and what follows it are printed into the app package.
    """

    app_id: Annotated[str, AfterValidator(_entra_id)] = ""
    app_password: SecretStr | None = None
    app_password_file: SecretFile = None
    tenant_id: Annotated[str, AfterValidator(_entra_id)] = ""
    unauthenticated: bool = False
    guests: bool = False
    service_hosts: tuple[str, ...] = ("smba.trafficmanager.net", "*.botframework.com", "*.teams.microsoft.com")
    login_url: AnyHttpUrl = AnyHttpUrl("https://login.microsoftonline.com")
    openid_url: AnyHttpUrl = AnyHttpUrl("https://login.botframework.com/v1/.well-known/openidconfiguration")
    organization: str = ""
    website_url: AnyHttpUrl | None = None
    privacy_url: AnyHttpUrl | None = None
    terms_url: AnyHttpUrl | None = None

    @property
    def secret_password(self) -> str | None:
        """The client secret, from wherever it came."""
        return _reveal(self.app_password or self.app_password_file)

    @model_validator(mode="before")
    @classmethod
    def _has_no_address(cls, values: Any) -> Any:
        if isinstance(values, dict) and "public_url" in values:
            raise ValueError("hat public_url nicht mehr. Die Zeile in die Tabelle [web] verschieben")
        return values

    @model_validator(mode="after")
    def _is_registered(self) -> Self:
        # botbuilder-core lets everybody in when the app id is empty.
        if self.unauthenticated:
            return self
        given = {"app_id": self.app_id, "app_password": self.secret_password, "tenant_id": self.tenant_id}
        missing = [name for name, value in given.items() if not value]
        if missing:
            raise ValueError(f"braucht noch {', '.join(missing)}. Woher sie kommen, steht im Handbuch unter „Teams“")
        return self


class Settings(BaseSettings):
    """All settings of one organization."""

    model_config = SettingsConfigDict(
        env_prefix="LOTSENFUNK_", env_nested_delimiter="__", extra="forbid", frozen=True, env_ignore_empty=True
    )

    data_dir: Path = Field(default_factory=lambda: Path.home() / ".local" / "share" / "lotsenfunk")
    database: Annotated[str | None, AfterValidator(_database_url)] = None
    model: str = "bundled"
    log_level: Literal["debug", "info", "warning", "error"] = "info"
    web: WebSettings = WebSettings()
    community: CommunitySettings = CommunitySettings()
    matrix: Annotated[tuple[MatrixSettings, ...], BeforeValidator(_as_list)] = ()
    teams: TeamsSettings | None = None

    @model_validator(mode="after")
    def _lets_nobody_in(self) -> Self:
        if self.teams and self.teams.unauthenticated and not _is_loopback(self.web.host):
            raise ValueError(
                "teams.unauthenticated ist nur zum Entwickeln da: Dann muss web.host 127.0.0.1 sein, sonst kann jede "
                "und jeder im Netz unter fremdem Namen schreiben"
            )
        return self

    @property
    def database_url(self) -> str:
        """Where the data lies: the configured database, else SQLite in the data directory."""
        return self.database or f"sqlite+aiosqlite:///{self.data_dir / 'lotsenfunk.db'}"


def load_settings(path: Path | None = None) -> Settings:
    """Read the settings file and the environment.

    Without `path` the file is the one `LOTSENFUNK_CONFIG` names, else `lotsenfunk.toml` here if there is one. Raises
    `SettingsError` that names each wrong setting and how to mend it; secrets are never shown.
    """
    named = path or (Path(os.environ[CONFIG_VARIABLE]) if os.environ.get(CONFIG_VARIABLE) else None)
    file = named or DEFAULT_CONFIG
    if named and not file.is_file():
        raise SettingsError(f"Die Einstellungsdatei {file} gibt es nicht. Pfad hinter --config prüfen.")
    try:
        return _from_file(file)()
    except tomllib.TOMLDecodeError as error:
        raise SettingsError(f"{file} ist kein gültiges TOML: {error}") from None
    except ValidationError as error:
        raise SettingsError("\n".join(_explain(problem) for problem in error.errors())) from None


def _from_file(file: Path) -> type[Settings]:
    class FromFile(Settings):
        @classmethod
        @override
        def settings_customise_sources(
            cls,
            settings_cls: type[BaseSettings],
            init_settings: PydanticBaseSettingsSource,
            env_settings: PydanticBaseSettingsSource,
            dotenv_settings: PydanticBaseSettingsSource,
            file_secret_settings: PydanticBaseSettingsSource,
        ) -> tuple[PydanticBaseSettingsSource, ...]:
            return init_settings, env_settings, _Toml(settings_cls, file)

    return FromFile


class _Toml(TomlConfigSettingsSource):
    """The file; a single `[[matrix]]` table becomes a plain table, so that environment variables can reach into it."""

    @override
    def __call__(self) -> dict[str, Any]:
        values = super().__call__()
        accounts = values.get("matrix")
        if isinstance(accounts, list) and len(accounts) == 1:
            values["matrix"] = accounts[0]
        return values


def _is_loopback(host: str) -> bool:
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


def _explain(problem: Any) -> str:
    place = ".".join(str(part) for part in problem["loc"])
    match problem["type"]:
        case "missing":
            reason = "fehlt. Bitte ergänzen"
        case "extra_forbidden":
            reason = "gibt es nicht" + _suggest(str(problem["loc"][-1]))
        case "value_error":
            reason = _shown(problem) + str(problem["ctx"]["error"])
        case "enum":
            expected = problem["ctx"]["expected"].replace("'", "").replace(" or ", " und ")
            reason = f"{_shown(problem)}passt nicht: möglich sind {expected}"
        case kind:
            reason = f"{_shown(problem)}passt nicht: {_EXPECTED.get(kind, problem['msg'])}"
    return f"Einstellung {place}: {reason}." if place else f"Einstellung {reason}."


def _shown(problem: Any) -> str:
    """The wrong value, unless it is or may hold a secret."""
    value, name = problem["input"], str(problem["loc"][-1]) if problem["loc"] else ""
    if not isinstance(value, str | int | float) or name in _SECRET:
        return ""
    # Who mistakes the setting for the one without _file has written the secret itself there.
    return "" if name.endswith("_file") and "/" not in str(value) else f"„{value}“ "


# Ids of Teams, too: beside them stands the secret, and it is easily copied into the wrong line.
_SECRET = ("password", "access_token", "store_key", "app_password", "database", "app_id", "tenant_id")
_EXPECTED = {
    "int_parsing": "gebraucht wird eine ganze Zahl",
    "int_type": "gebraucht wird eine ganze Zahl",
    "url_parsing": "gebraucht wird eine Adresse wie https://matrix.example.org",
    "url_scheme": "gebraucht wird eine Adresse mit https:// oder http://",
    "bool_parsing": "möglich sind true und false",
    "less_than_equal": "die Zahl ist zu groß",
    "greater_than_equal": "die Zahl ist zu klein",
    "string_type": "gebraucht wird ein Text in Anführungszeichen",
    "string_too_short": "gebraucht wird ein Text, der nicht leer ist",
    "date_from_datetime_parsing": "gebraucht wird ein Tag wie 2026-12-24",
    "date_from_datetime_inexact": "gebraucht wird ein Tag wie 2026-12-24, ohne Uhrzeit",
    "date_type": "gebraucht wird ein Tag wie 2026-12-24",
    "tuple_type": 'gebraucht wird eine Liste wie ["eins", "zwei"]',
}


def _suggest(name: str) -> str:
    sections: tuple[type[BaseModel], ...] = (
        Settings,
        WebSettings,
        CommunitySettings,
        SensitiveSettings,
        DepartmentSettings,
        RequestSettings,
        MatrixSettings,
        TeamsSettings,
    )
    near = difflib.get_close_matches(name, sorted(known for section in sections for known in section.model_fields), n=1)
    return f". Gemeint ist vielleicht {near[0]}" if near else ". Schreibweise prüfen oder die Zeile löschen"


def _reveal(secret: SecretStr | None) -> str | None:
    return secret.get_secret_value() if secret else None
