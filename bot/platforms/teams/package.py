"""The app package that the administration uploads to Teams: a manifest, its English texts and two pictures.

Manifest 1.19 is written because nothing in the package needs a newer one. Tenants learn new versions late, and one that
is not known yet is refused.
"""

import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from importlib.metadata import version
from io import BytesIO
from typing import Any
from uuid import UUID, uuid5
from zipfile import ZIP_DEFLATED, ZipFile, ZipInfo

from pydantic import AnyHttpUrl

from bot.errors import SettingsError
from bot.platforms.teams import schema
from bot.platforms.teams.extension import ASK, FIND_ANSWER, FIND_SUPPORTER, REMEMBER
from bot.platforms.teams.icons import COLOR, OUTLINE, read_icon
from bot.settings import TeamsSettings, WebSettings

ENGLISH = "en.json"
LONGEST_ORGANIZATION = 32  # `developer.name` in Microsoft's schema

_SCHEMAS = f"https://developer.microsoft.com/json-schemas/teams/v{schema.VERSION}"
_EVERYWHERE = ["personal", "team", "groupChat"]
_OLDEST_IN_ZIP = (1980, 1, 1, 0, 0, 0)  # one time for all, so that equal settings give equal bytes

_PRINTED = ("app_id", "organization", "website_url", "privacy_url", "terms_url")
_LINKS = ("website_url", "privacy_url", "terms_url")


@dataclass(frozen=True, slots=True)
class Text:
    """What people read. German stands in the manifest, which is its default language; English in a file beside it."""

    german: str
    english: str


@dataclass(frozen=True, slots=True)
class Shown:
    """What the settings give to the package, complete."""

    app_id: UUID
    host: str
    organization: str
    website: str
    privacy: str
    terms: str


def build(teams: TeamsSettings | None, web: WebSettings, number: str | None = None) -> bytes:
    """The zip to upload; the same bytes for the same settings and version.

    Without a `number` the version is that of the bot. Raises `SettingsError` that names every setting that is missing
    or that Teams would refuse.
    """
    files = contents(_shown(teams, web), number or package_version(version("lotsenfunk")))
    if found := schema.faults(files):
        raise SettingsError("\n".join(["Dieses Paket würde Teams ablehnen:", *found]))
    return _zipped(files)


def contents(shown: Shown, number: str) -> dict[str, bytes]:
    """The files of the package by their names; nothing is checked yet."""
    manifest = _manifest(shown, number)
    english = {place: text.english for place, text in schema.leaves(manifest) if isinstance(text, Text)}
    translation = {"$schema": f"{_SCHEMAS}/MicrosoftTeams.Localization.schema.json", **english}
    return {
        schema.MANIFEST: _encoded(_in_german(manifest)),
        ENGLISH: _encoded(translation),
        COLOR: read_icon(COLOR),
        OUTLINE: read_icon(OUTLINE),
    }


def package_version(bot_version: str) -> str:
    """The version of the package for a version of the bot: three numbers, as Teams wants them, and in the same order.

    Teams refuses a version that begins with 0 ("VersionHasMajorLessThan1", see `schema`), and the bot has such
    versions: the first number is one more than the bot's.
    """
    released = re.match(r"\d+(?:\.\d+)*", bot_version)
    numbers = [int(number) for number in released[0].split(".")] if released else []
    major, minor, patch = (*numbers, 0, 0, 0)[:3]
    return f"{major + 1}.{minor}.{patch}"


# From the settings


def _shown(teams: TeamsSettings | None, web: WebSettings) -> Shown:
    missing = [f"teams.{name}" for name in _PRINTED if not _given(teams, name)]
    if teams is None or web.public_url is None or missing:
        missing += ["web.public_url"] if web.public_url is None else []
        raise SettingsError(
            f"Für das Paket fehlt in den Einstellungen noch: {', '.join(missing)}. Bitte ergänzen. Was dort "
            "hingehört, steht im Handbuch unter „Microsoft Teams“."
        )
    if wrong := list(_wrong(teams, web.public_url)):
        raise SettingsError("\n".join(wrong))
    return Shown(
        app_id=UUID(teams.app_id),
        host=web.public_url.host or "",
        organization=teams.organization.strip(),
        website=str(teams.website_url),
        privacy=str(teams.privacy_url),
        terms=str(teams.terms_url),
    )


def _given(teams: TeamsSettings | None, name: str) -> bool:
    value = getattr(teams, name, None)
    return bool(str(value).strip()) if value is not None else False


def _wrong(teams: TeamsSettings, public_url: AnyHttpUrl) -> Iterator[str]:
    links: dict[str, AnyHttpUrl] = {"web.public_url": public_url}
    for name, link in (links | {f"teams.{name}": getattr(teams, name) for name in _LINKS}).items():
        if link.scheme != "https":
            yield f"Einstellung {name}: „{link}“ beginnt nicht mit https://. Teams nimmt nur solche Adressen."
    if len(teams.organization.strip()) > LONGEST_ORGANIZATION:
        yield (
            f"Einstellung teams.organization: „{teams.organization.strip()}“ ist zu lang. Teams zeigt höchstens "
            f"{LONGEST_ORGANIZATION} Zeichen, bitte kürzen."
        )


# What is in the package


def _manifest(shown: Shown, number: str) -> dict[str, Any]:
    # No `authorization`: it would hold the permissions to read whole channels and chats. The bot reads what is said to
    # it, in personal chats and where it is mentioned, and Teams delivers that without a permission. `identity` is
    # missing, too: nobody signs in. `messageTeamMembers` lets it answer a question from a message's menu in private.
    return {
        "$schema": f"{_SCHEMAS}/MicrosoftTeams.schema.json",
        "manifestVersion": schema.VERSION,
        "version": number,
        "id": str(uuid5(shown.app_id, "lotsenfunk teams package")),  # the same app again with every update
        "localizationInfo": {
            "defaultLanguageTag": "de",
            "additionalLanguages": [{"languageTag": "en", "file": ENGLISH}],
        },
        "developer": {
            "name": shown.organization,
            "websiteUrl": shown.website,
            "privacyUrl": shown.privacy,
            "termsOfUseUrl": shown.terms,
        },
        "name": {"short": _NAME, "full": _FULL_NAME},
        "description": {"short": _IN_SHORT, "full": _IN_FULL},
        "icons": {"color": COLOR, "outline": OUTLINE},
        "accentColor": "#0F4C5C",  # the ground of the picture
        "bots": [_bot(shown.app_id)],
        "composeExtensions": [_extension(shown.app_id)],
        "permissions": ["messageTeamMembers"],
        "validDomains": [shown.host],
    }


_NAME = Text("Lotsenfunk", "Lotsenfunk")
_FULL_NAME = Text("Lotsenfunk: Antworten von Lotsinnen und Lotsen", "Lotsenfunk: answers from supporters in the house")
_IN_SHORT = Text(
    "Kurze Fragen stellen, geprüfte Antworten bekommen.", "Ask short questions, get answers people checked."
)
_IN_FULL = Text(
    "Lotsenfunk beantwortet kurze Fragen aus dem Arbeitsalltag. Jede Antwort hat ein Mensch geschrieben; dabei steht, "
    "wer dahintersteht und wann sie zuletzt geprüft wurde. Passt keine Antwort sicher, zeigt Lotsenfunk eine kleine "
    "Auswahl. Gibt es noch keine, bleibt die Frage ohne Namen für die Lotsinnen und Lotsen stehen.\n\n"
    "Lotsenfunk liest nur, was ihm gilt: Nachrichten im persönlichen Chat, Nachrichten, die @Lotsenfunk nennen, und "
    "solche, in deren Menü jemand „Merken“ wählt.",
    "Lotsenfunk answers short questions of everyday work, in German. A person wrote every answer; it shows who stands "
    "behind it and when it was last checked. When no answer fits for certain, Lotsenfunk offers a few to choose from. "
    "When there is none yet, the question is kept without a name for the supporters.\n\n"
    "Lotsenfunk reads only what is meant for it: messages in the personal chat, messages that mention @Lotsenfunk, and "
    "those in whose menu somebody chooses “Keep as knowledge”.",
)


def _bot(app_id: UUID) -> dict[str, Any]:
    # A title is typed for whoever picks it: in both languages it is something that the bot understands.
    commands = [
        (Text("frage", "frage"), Text("Frage stellen. Ein einfacher Satz genügt.", "Ask a question, in German.")),
        (Text("hilfe", "help"), Text("Übersicht: was Lotsenfunk kann.", "What Lotsenfunk can do.")),
        (Text("datenschutz", "privacy"), Text("Was Lotsenfunk speichert.", "What Lotsenfunk stores.")),
        (
            Text("offene fragen", "offene fragen"),
            Text("Fragen ohne Antwort, nur für Lotsinnen und Lotsen.", "Questions without an answer, supporters only."),
        ),
    ]
    listed = [{"title": title, "description": description} for title, description in commands]
    return {
        "botId": str(app_id),
        "scopes": _EVERYWHERE,
        "supportsFiles": False,
        "isNotificationOnly": False,
        "commandLists": [{"scopes": _EVERYWHERE, "commands": listed}],
    }


def _extension(app_id: UUID) -> dict[str, Any]:
    keyword = _parameter("keyword", Text("Stichwort", "Keyword"), Text("Zum Beispiel: E-Akte", "For example: E-Akte"))
    question = _parameter("question", Text("Frage", "Question"), Text("Ein Stichwort oder Satz", "A word or sentence"))
    search = {"type": "query", "context": ["compose", "commandBox"], "initialRun": False}
    find_supporter = {
        "id": FIND_SUPPORTER,
        "title": Text("Lotsin oder Lotsen finden", "Find a supporter"),
        "description": Text("Wer sich mit einem Thema auskennt.", "Who knows about a topic."),
        "parameters": [keyword],
    }
    find_answer = {
        "id": FIND_ANSWER,
        "title": Text("Antwort suchen", "Find an answer"),
        "description": Text("Eine geprüfte Antwort in die Nachricht einfügen.", "Put a checked answer into a message."),
        "parameters": [question],
    }
    ask_question = {
        "id": ASK,
        "type": "action",
        "title": Text("Frage stellen", "Ask a question"),
        "description": Text("Lotsenfunk eine Frage stellen.", "Ask Lotsenfunk a question."),
        "context": ["compose", "message"],
        "fetchTask": True,
    }
    remember_message = {
        "id": REMEMBER,
        "type": "action",
        "title": Text("Merken", "Keep as knowledge"),
        "description": Text("Aus dieser Nachricht Wissen für alle machen.", "Make this message knowledge for all."),
        "context": ["message"],
        "fetchTask": True,
    }
    return {
        "botId": str(app_id),
        "composeExtensionType": "botBased",
        "commands": [find_supporter | search, find_answer | search, ask_question, remember_message],
    }


def _parameter(name: str, title: Text, description: Text) -> dict[str, Any]:
    return {"name": name, "title": title, "description": description, "inputType": "text"}


# Files


def _in_german(part: Any) -> Any:
    match part:
        case dict():
            return {name: _in_german(value) for name, value in part.items()}
        case list():
            return [_in_german(value) for value in part]
        case _:
            return part.german if isinstance(part, Text) else part


def _encoded(document: object) -> bytes:
    return json.dumps(document, ensure_ascii=False, indent=2).encode() + b"\n"


def _zipped(files: Mapping[str, bytes]) -> bytes:
    packed = BytesIO()
    with ZipFile(packed, "w") as archive:
        for name, content in files.items():
            entry = ZipInfo(name, _OLDEST_IN_ZIP)
            entry.external_attr = 0o644 << 16
            archive.writestr(entry, content, ZIP_DEFLATED)
    return packed.getvalue()
