"""The commands `lotsenfunk person …`, for who answers requests about personal data outside the chat."""

import asyncio
import json
import sys
from collections.abc import Sequence
from typing import Annotated
from uuid import uuid4

import typer

from bot.app import decisions, house, opened, searching, sensitivity, supporters
from bot.clock import Clock
from bot.community import Community
from bot.directory import Directory
from bot.mailbox import Mailbox
from bot.messages import Action, Conversation, Incoming, Reply, Sender
from bot.offers import keep_offer, unasked
from bot.settings import Settings, load_settings
from bot.terminal import Config, Failed, confirmed, tell
from bot.turn import Services, Turn
from handlers.erasing import erase
from handlers.personal import export, identify
from handlers.table import TABLE
from knowledge.embedding import load
from storage.database import Database, UnitOfWork

cli = typer.Typer(
    help="Auskunft und Löschung für eine Person, wenn sie nicht selbst im Chat fragt.", no_args_is_help=True
)

Platform = Annotated[
    str, typer.Argument(help="Plattform: teams, oder matrix: und das Konto des Bots, etwa matrix:@bot:example.org.")
]
PersonId = Annotated[str, typer.Argument(help="Kennung der Person auf dieser Plattform, etwa @anna:example.org.")]
Yes = Annotated[bool, typer.Option("--yes", help="Ohne Rückfrage löschen.")]


@cli.command("export")
def export_(platform: Platform, person: PersonId, config: Config = None) -> None:
    """Alles, was über eine Person gespeichert ist, als JSON ausgeben."""
    found = asyncio.run(_export(load_settings(config), platform, person))
    if not found:
        raise Failed(f"Über {person} auf {platform} ist nichts gespeichert. Schreibweise prüfen.")
    typer.echo(json.dumps(found, ensure_ascii=False, indent=1))


@cli.command()
def delete(platform: Platform, person: PersonId, yes: Yes = False, config: Config = None) -> None:
    """Alles löschen, was über eine Person gespeichert ist, mit allen verknüpften Konten."""
    settings = load_settings(config)
    if not asyncio.run(_export(settings, platform, person)):
        raise Failed(f"Über {person} auf {platform} ist nichts gespeichert. Schreibweise prüfen.")
    if not yes and not confirmed(f"Alles über {person} löschen, auch auf verknüpften Konten? (j/n) "):
        tell("Nichts geändert.")
        sys.exit(1)
    count = asyncio.run(_delete(settings, platform, person))
    if count:
        tell(f"Nachrichten dazu, die der Bot nach seinem nächsten Start zustellt: {count}.")
    tell(f"Gelöscht. Sicherungskopien laufen nach {settings.community.backups_kept_days} Tagen ab.")


async def _export(settings: Settings, platform: str, person: str) -> dict[str, list[dict[str, object]]]:
    async with opened(settings) as database, database.reading() as uow:
        return await export(uow, await uow.personal.identify(platform, person))


async def _delete(settings: Settings, platform: str, person: str) -> int:
    """Delete as if the person had asked for it in chat; gives how many messages that makes."""
    clock = Clock()
    async with opened(settings) as database:
        services = await _services(settings, database)
        mailbox = Mailbox(database, clock.now)
        await mailbox.recall()
        community = Community(settings.community, clock.now, mailbox.names)
        await community.recall(database)
        async with database.unit_of_work() as uow:
            turn = _turn(uow, community, Directory(community, mailbox), Sender(person, ""), platform)
            actions = await erase(turn, services, await identify(turn))
            count = await _put(uow, mailbox, turn, actions)
            await uow.commit()
    return count


async def _services(settings: Settings, database: Database) -> Services:
    embedder = await asyncio.to_thread(load, settings.model)
    return Services(
        await searching(database, embedder, settings.community.wrong_answers),
        tuple(job.command for job in TABLE.jobs),
        sensitivity(embedder, settings.community.topics),
        supporters(embedder),
        house(settings.community, settings.web.address),
        decisions(embedder),
    )


def _turn(uow: UnitOfWork, community: Community, directory: Directory, person: Sender, platform: str) -> Turn:
    """What the handlers get when somebody asks; this chat is none of theirs."""
    now = community.local_time()
    message = Incoming(uuid4().hex, Conversation(platform, ""), person, "", now)
    return Turn(
        message,
        text="",
        choice=None,
        answer_key="",
        sees=frozenset(),
        now=now,
        say=community.say(message),
        uow=uow,
        curators=lambda: directory.curators(uow),
        coordinators=lambda: directory.coordinators(uow),
        rooms=lambda: directory.rooms(uow),
        role_of=lambda platform, person: directory.role(uow, platform, person),
        say_to=community.say_to,
    )


async def _put(uow: UnitOfWork, mailbox: Mailbox, turn: Turn, actions: Sequence[Action]) -> int:
    messages = []
    for action in actions:
        assert not isinstance(action, Reply)  # nobody asked in a chat
        messages.append(unasked(action, uuid4().hex))
        await keep_offer(uow, action, messages[-1], None, mailbox, turn.now)
    return len(await mailbox.put(uow, messages))
