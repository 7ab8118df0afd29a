"""The app package is what Microsoft's schemas and upload demand, asks for nothing that the bot does not need, and does
not change by itself."""

import copy
import json
import socket
import struct
import zlib
from collections.abc import Callable, Mapping
from io import BytesIO
from typing import Any
from uuid import UUID
from zipfile import ZipFile

import pytest
from pydantic import AnyHttpUrl, SecretStr, TypeAdapter

from bot.commands import find_command
from bot.errors import SettingsError
from bot.platforms.teams import schema
from bot.platforms.teams.icons import COLOR, OUTLINE, read_icon
from bot.platforms.teams.package import ENGLISH, Shown, build, contents, package_version
from bot.platforms.teams.schema import MANIFEST
from bot.settings import TeamsSettings, WebSettings
from handlers.table import TABLE

APP_ID = "11111111-2222-3333-4444-555555555555"
SETTINGS = {
    "app_id": APP_ID,
    "app_password": "s3cret",
    "tenant_id": "99999999-2222-3333-4444-555555555555",
    "organization": "Stadt Lindenau",
    "website_url": "https://example.org",
    "privacy_url": "https://example.org/datenschutz",
    "terms_url": "https://example.org/nutzung",
}
WEB = WebSettings(public_url=AnyHttpUrl("https://lotsenfunk.example.org:8443/bot"))
SHOWN = Shown(UUID(APP_ID), "lotsenfunk.example.org", "Stadt Lindenau", "https://a.b", "https://a.b", "https://a.b")

Change = Callable[[Any], None]


def settings(**changes: Any) -> TeamsSettings:
    return TypeAdapter(TeamsSettings).validate_python(SETTINGS | changes)


def files_of(packed: bytes) -> dict[str, bytes]:
    with ZipFile(BytesIO(packed)) as archive:
        assert archive.testzip() is None
        return {name: archive.read(name) for name in archive.namelist()}


def manifest_of(packed: bytes) -> Any:
    return json.loads(files_of(packed)[MANIFEST])


# what is in it


def test_zip_holds_manifest_english_texts_and_pictures() -> None:
    files = files_of(build(settings(), WEB))
    assert set(files) == {"manifest.json", "en.json", "color.png", "outline.png"}
    assert schema.faults(files) == []


def test_manifest_says_who_runs_the_bot_and_where() -> None:
    manifest = manifest_of(build(settings(), WEB))
    assert manifest["developer"] == {
        "name": "Stadt Lindenau",
        "websiteUrl": "https://example.org/",
        "privacyUrl": "https://example.org/datenschutz",
        "termsOfUseUrl": "https://example.org/nutzung",
    }
    assert manifest["validDomains"] == ["lotsenfunk.example.org"]
    assert {part["botId"] for part in (*manifest["bots"], *manifest["composeExtensions"])} == {APP_ID}
    assert manifest["bots"][0]["scopes"] == ["personal", "team", "groupChat"]
    assert manifest["bots"][0]["supportsFiles"] is False


def test_message_extension_has_the_commands_that_the_bot_answers() -> None:
    [extension] = manifest_of(build(settings(), WEB))["composeExtensions"]
    commands = {
        command["id"]: (
            command["type"],
            command["title"],
            command["context"],
            [parameter["name"] for parameter in command.get("parameters", ())],
        )
        for command in extension["commands"]
    }
    assert commands == {
        "findSupporter": ("query", "Lotsin oder Lotsen finden", ["compose", "commandBox"], ["keyword"]),
        "findAnswer": ("query", "Antwort suchen", ["compose", "commandBox"], ["question"]),
        "askQuestion": ("action", "Frage stellen", ["compose", "message"], []),
        "rememberMessage": ("action", "Merken", ["message"], []),
    }
    fetched = [command["id"] for command in extension["commands"] if command.get("fetchTask")]
    assert fetched == ["askQuestion", "rememberMessage"]


def test_no_permission_to_read_channels_is_asked_for() -> None:
    for content in files_of(build(settings(), WEB)).values():
        assert b"authorization" not in content
        assert b"resourceSpecific" not in content
    manifest = manifest_of(build(settings(), WEB))
    assert manifest["permissions"] == ["messageTeamMembers"]
    assert "webApplicationInfo" not in manifest


def test_no_secret_is_in_it() -> None:
    assert not any(
        b"s3cret" in content or b"99999999" in content for content in files_of(build(settings(), WEB)).values()
    )


@pytest.mark.parametrize("language", [MANIFEST, ENGLISH])
def test_bot_understands_every_command_of_the_menu(language: str) -> None:
    files = files_of(build(settings(), WEB))
    menu = json.loads(files[MANIFEST])["bots"][0]["commandLists"][0]["commands"]
    english = json.loads(files[ENGLISH])
    places = [f"bots[0].commandLists[0].commands[{number}].title" for number in range(len(menu))]
    titles = [item["title"] for item in menu] if language == MANIFEST else [english[place] for place in places]
    understood = [find_command(title, (job.command for job in TABLE.jobs)) for title in titles]
    assert [found.command.name if found else None for found in understood] == [item["title"] for item in menu]


def test_every_text_is_translated() -> None:
    files = files_of(build(settings(), WEB))
    manifest, english = json.loads(files[MANIFEST]), json.loads(files[ENGLISH])
    assert manifest["localizationInfo"]["defaultLanguageTag"] == "de"
    assert manifest["localizationInfo"]["additionalLanguages"] == [{"languageTag": "en", "file": ENGLISH}]
    named = {"title", "description", "short", "full"}
    german = {place: text for place, text in schema.leaves(manifest) if place.rpartition(".")[2] in named}
    assert german.keys() == english.keys() - {"$schema"}
    same = {text for place, text in german.items() if english[place] == text}
    assert same == {"Lotsenfunk", "frage", "offene fragen"}


# it does not change by itself


def test_same_settings_give_the_same_bytes() -> None:
    assert build(settings(), WEB) == build(settings(), WEB)
    with ZipFile(BytesIO(build(settings(), WEB))) as archive:
        assert {entry.date_time for entry in archive.infolist()} == {(1980, 1, 1, 0, 0, 0)}


def test_app_stays_the_same_app_and_is_another_for_another_bot() -> None:
    ours = manifest_of(build(settings(), WEB))["id"]
    assert manifest_of(build(settings(organization="Stadt Neulindenau"), WEB))["id"] == ours
    assert manifest_of(build(settings(app_id=APP_ID.replace("1", "2")), WEB))["id"] != ours
    assert ours != APP_ID


@pytest.mark.parametrize(
    ("bot", "package"),
    [
        ("0.1.0", "1.1.0"),
        ("0.2", "1.2.0"),
        ("1", "2.0.0"),
        ("1.10.3", "2.10.3"),
        ("0.3.1.dev4+g12", "1.3.1"),
        ("2.0.0rc1", "3.0.0"),
    ],
)
def test_version_is_three_numbers_and_never_begins_with_0(bot: str, package: str) -> None:
    assert package_version(bot) == package
    assert schema.faults(contents(SHOWN, package)) == []


# settings


def test_all_missing_settings_are_named_at_once() -> None:
    with pytest.raises(SettingsError) as caught:
        build(settings(organization=" ", terms_url=None), WebSettings())
    assert "teams.organization, teams.terms_url, web.public_url." in str(caught.value)
    assert "Handbuch" in str(caught.value)
    with pytest.raises(SettingsError) as caught:
        build(TeamsSettings(unauthenticated=True, app_password=SecretStr("s3cret")), WEB)
    assert "teams.app_id, teams.organization, teams.website_url, teams.privacy_url, teams.terms_url." in str(
        caught.value
    )
    with pytest.raises(SettingsError, match=r"teams.app_id.*web.public_url"):
        build(None, WebSettings())


def test_what_teams_would_refuse_is_named_at_once() -> None:
    with pytest.raises(SettingsError) as caught:
        build(settings(privacy_url="http://example.org", organization="Verbandsgemeinde Unteres Lindenautal"), WEB)
    assert "teams.privacy_url" in str(caught.value)
    assert "https://" in str(caught.value)
    assert "teams.organization" in str(caught.value)
    assert "32 Zeichen" in str(caught.value)
    with pytest.raises(SettingsError, match="websiteUrl"):
        build(settings(website_url="https://example.org/" + "x" * 2048), WEB)


# what is checked before it is written


def broken(name: str, change: Change) -> list[str]:
    """What is found when a file of a good package was changed."""
    files = contents(SHOWN, "1.1.0")
    document = copy.deepcopy(json.loads(files[name]))
    change(document)
    return schema.faults(files | {name: json.dumps(document).encode()})


def commands_of(manifest: Any) -> Any:
    return manifest["composeExtensions"][0]["commands"]


@pytest.mark.parametrize(
    ("change", "fault"),
    [
        (lambda it: it["bots"][0].update(scopes=["everywhere"]), "manifest.json: bots[0].scopes[0]: 'everywhere'"),
        (lambda it: it.pop("icons"), "'icons' is a required property"),
        (lambda it: it.update(manifestVersion="1.16"), "manifestVersion: '1.19' was expected"),
        (lambda it: it.update(channels="all"), "'channels' was unexpected"),
        (lambda it: it["name"].update(short="x" * 31), "name.short: "),
        (lambda it: it.update(version="0.1.0"), "version: 0.1.0"),
        (lambda it: it.update(version="1.0.0-rc1"), "version: 1.0.0-rc1"),
        (lambda it: it["developer"].update(privacyUrl="http://example.org"), "developer.privacyUrl: http://"),
        (lambda it: commands_of(it)[1].update(id="findSupporter"), "findSupporter gibt es mehrmals"),
        (lambda it: commands_of(it)[0]["parameters"].append(commands_of(it)[0]["parameters"][0]), "keyword gibt es"),
        (lambda it: it["bots"][0]["commandLists"][0]["commands"][1].update(title="frage"), "frage gibt es mehrmals"),
        (lambda it: it["icons"].update(outline="umriss.png"), "umriss.png: fehlt"),
        (lambda it: it["localizationInfo"]["additionalLanguages"][0].update(file="nl.json"), "nl.json: fehlt"),
        (lambda it: commands_of(it)[0].pop("description"), "commands[0].description: gibt es im Manifest nicht"),
    ],
)  # fmt: skip
def test_broken_manifest_is_found(change: Change, fault: str) -> None:
    assert any(fault in found for found in broken(MANIFEST, change))


@pytest.mark.parametrize(
    ("change", "fault"),
    [
        (lambda it: it.pop("name.full"), "en.json: name.full: fehlt"),
        (lambda it: it.pop("composeExtensions[0].commands[2].title"), "composeExtensions[0].commands[2].title: fehlt"),
        (lambda it: it.update({"bots[0].commandLists[0].commands[0].title": "x" * 33}), "commands[0].title']: 'xxx"),
        (lambda it: it.update({"bots[0].commandLists[0].commands[9].title": "x"}), "commands[9].title: gibt es im"),
        (lambda it: it.update({"bots[0].title": "x"}), "'bots[0].title'"),
    ],
)
def test_broken_translation_is_found(change: Change, fault: str) -> None:
    found = broken(ENGLISH, change)
    assert any(fault in one for one in found), found


def test_checking_asks_no_network(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: object) -> None:
        raise AssertionError("asked for an address")

    monkeypatch.setattr(socket, "socket", refuse)
    monkeypatch.setattr(socket, "getaddrinfo", refuse)
    assert schema.faults(contents(SHOWN, "1.1.0")) == []
    assert broken(MANIFEST, lambda it: it.pop("icons"))


# pictures


def png(width: int, height: int, *lines: bytes, kind: tuple[int, int, int] = (8, 6, 0)) -> bytes:
    """A picture out of filtered lines."""
    header = struct.pack(">IIBBBBB", width, height, kind[0], kind[1], 0, 0, kind[2])
    chunks = ((b"IHDR", header), (b"IDAT", zlib.compress(b"".join(lines))), (b"IEND", b""))
    parts = (struct.pack(">I", len(c)) + k + c + struct.pack(">I", zlib.crc32(k + c)) for k, c in chunks)
    return b"\x89PNG\r\n\x1a\n" + b"".join(parts)


WHITE, CLEAR, RED, FAINT = b"\xff\xff\xff\xff", b"\0\0\0\0", b"\xff\0\0\xff", b"\xff\xff\xff\x40"
HALF = b"\0" + WHITE * 16 + CLEAR * 16
# The same line of half white in all five filters: as it is, less the pixel to the left, above, their mean, and Paeth's.
LESS_LEFT = b"\1" + WHITE + CLEAR * 15 + b"\1\1\1\1" + CLEAR * 15
LESS_ABOVE = b"\2" + CLEAR * 32
LESS_MEAN = b"\3" + b"\x80" * 4 + CLEAR * 15 + b"\x81" * 4 + CLEAR * 15
LESS_PAETH = b"\4" + CLEAR * 32


def faults_with(name: str, content: bytes) -> list[str]:
    return schema.faults(contents(SHOWN, "1.1.0") | {name: content})


@pytest.mark.parametrize(
    ("content", "fault"),
    [
        (png(32, 32, *[HALF] * 32), None),
        (png(32, 32, HALF, LESS_LEFT, LESS_ABOVE, LESS_MEAN, LESS_PAETH, *[HALF] * 27), None),
        (png(32, 32, b"\0" + FAINT + CLEAR * 31, *[HALF] * 31), None),
        (png(32, 32, b"\0" + RED + CLEAR * 31, *[HALF] * 31), "nur Weiß"),
        (png(32, 32, *[b"\1" + RED + CLEAR * 31] * 32), "nur Weiß"),
        (png(32, 32, *[b"\0" + CLEAR * 32] * 32), "zeigt nichts"),
        (png(32, 32, *[b"\0" + WHITE * 32] * 32), "zeigt nichts"),
        (png(32, 32, *[HALF] * 31), "beschädigt"),
        (png(32, 32, *[HALF] * 32).replace(b"IDAT\x78", b"IDAT\x79"), "beschädigt"),
        (png(32, 32, kind=(8, 2, 0)), "RGBA"),
        (png(32, 32, kind=(8, 6, 1)), "RGBA"),
        (png(64, 32), "32 x 32 Pixel haben, nicht 64 x 32"),
        (b"GIF89a", "kein PNG"),
        (b"\x89PNG\r\n\x1a\n\0\0", "kein PNG"),
        (b"\x89PNG\r\n\x1a\n", "kein PNG"),
    ],
)
def test_outline_is_white_on_nothing(content: bytes, fault: str | None) -> None:
    found = faults_with(OUTLINE, content)
    assert [fault in one for one in found if fault] == ([True] if fault else []), found


@pytest.mark.parametrize(
    ("content", "fault"),
    [
        (png(192, 191, kind=(8, 2, 0)), "192 x 192"),
        (png(192, 192), "ohne durchsichtige"),
        (b"", "kein PNG"),
    ],
)
def test_color_picture_fills_its_square(content: bytes, fault: str) -> None:
    [found] = faults_with(COLOR, content)
    assert found.startswith("color.png: ")
    assert fault in found


def test_pictures_in_the_package_are_small() -> None:
    sizes: Mapping[str, int] = {name: len(read_icon(name)) for name in (COLOR, OUTLINE)}
    assert max(sizes.values()) < 20_000
