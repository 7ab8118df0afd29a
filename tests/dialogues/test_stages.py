"""Below a question that the bot has posted, people answer on every stage so that the bot knows to which one."""

from bot.app import App
from bot.messages import Conversation, Incoming, Kind, Outgoing
from bot.platforms.console import NAME
from dialogues.stages import ConsoleStage, MatrixStage
from dialogues.teams_stage import ROOMS, TeamsStage

Stage = ConsoleStage | MatrixStage | TeamsStage


async def test_on_the_console(console: ConsoleStage) -> None:
    await ask_and_answer(console, console._app, Conversation(NAME, "lotsen"))


async def test_in_matrix(matrix: MatrixStage) -> None:
    [name] = matrix._app.mailbox._platforms
    await ask_and_answer(matrix, matrix._app, Conversation(name, matrix._rooms["lotsen"]))


async def test_in_teams(teams: TeamsStage) -> None:
    await ask_and_answer(teams, teams._app, Conversation("teams", ROOMS["lotsen"].id))


async def ask_and_answer(stage: Stage, app: App, room: Conversation) -> None:
    await stage.say("beschäftigt", "lotsen", "@Lotsenfunk hallo")  # so that the room is known, and asked in before
    received = await overheard(app)
    post = await posted(stage, app, Outgoing("first", room, "Weiß jemand, wo der Scanner steht?"))

    await stage.remark("svenja", "lotsen", "Im Keller.")
    said = received.pop()
    assert (said.text, said.thread, said.is_addressed) == ("Im Keller.", post, True)
    await stage.edit("svenja", "lotsen", "Im Keller, Raum 3.")
    changed = received.pop()
    assert (changed.kind, changed.text) == (Kind.EDIT, "Im Keller, Raum 3.")
    assert (changed.refers_to, changed.thread) == (said.event_id, post)
    await stage.delete("svenja", "lotsen")
    deleted = received.pop()
    assert (deleted.kind, deleted.refers_to) == (Kind.DELETION, said.event_id)

    await stage.remark("lotse", "lotsen", "Lageplan", has_picture=True)
    picture = received.pop()
    assert (picture.text, picture.has_attachment, picture.thread) == ("Lageplan", True, post)

    second = await posted(stage, app, Outgoing("second", room, "Und der Drucker?"))
    await stage.quote("lotse", "lotsen", "Im Flur.")
    quoting = received.pop()
    assert quoting.is_addressed
    # In the channels of Teams, a reply is one in the thread.
    assert second == (quoting.thread if isinstance(stage, TeamsStage) else quoting.replies_to)


async def overheard(app: App) -> list[Incoming]:
    """What people say from now on, as it reaches the bot."""
    take, found = app.mailbox._take, list[Incoming]()

    def overhear(number: int, message: Incoming) -> None:
        found.append(message)
        take(number, message)

    await app.mailbox.listen(overhear)
    return found


async def posted(stage: Stage, app: App, outgoing: Outgoing) -> str | None:
    """Have the bot say something by itself; gives the platform's id of it."""
    stage.news.clear()
    await app.mailbox.post([outgoing])
    await app.idle()
    if not isinstance(stage, ConsoleStage):
        await stage.listen()
    assert [heard.text for heard in stage.news.at("lotsen")] == [outgoing.text]
    async with app.database.reading() as uow:
        return await uow.mailbox.message_id(outgoing.key)
