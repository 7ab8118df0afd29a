"""Rooms as coordinators set them up in chat: what they see, what they change, and what it does."""

from collections.abc import Sequence
from datetime import UTC, datetime, time
from typing import cast

import pytest

from bot.community import Community
from bot.directory import Directory
from bot.errors import UserError
from bot.language import AddressForm
from bot.mailbox import Mailbox
from bot.messages import Action, Choice, Conversation, Reply
from bot.quiet import Quiet
from bot.roles import Role
from bot.settings import CommunitySettings
from bot.turn import Rules, Services, Turn
from conftest import MovedClock
from fakes import said
from handlers.rooms import LONGEST_PURPOSE, choose_address, decide, show
from storage.database import Database
from storage.models.knowledge import Visibility
from storage.models.rooms import AnswerMode, Audience, Room

NOW = datetime(2026, 11, 20, 9, tzinfo=UTC)
NO_SERVICES = cast(Services, None)
ROOM = Conversation("p", "flurfunk")
LOTSEN = Conversation("p", "lotsen")
CASE = Conversation("p", "fall")
CHAT = Conversation("p", "direct:anna", is_direct=True)
SETTINGS = CommunitySettings(
    rooms=frozenset({"lotsen"}),
    confidential_rooms=frozenset({"fall"}),
    supporters=frozenset({"anna"}),
    coordinators=frozenset({"jutta"}),
)


class House:
    """A community, and the turns of a coordinator in its rooms; each is committed before the next."""

    def __init__(self, database: Database, clock: MovedClock) -> None:
        self.database = database
        self.mailbox = Mailbox(database, clock.now)
        self.mailbox.serve({})
        self.community = Community(SETTINGS, clock.now, self.mailbox.names)
        self.place = ROOM
        self.role = Role.COORDINATOR
        self._choices: dict[str, Choice] = {}
        self._asks: dict[str, str] | None = None

    async def say(self, text: str) -> str:
        """What the bot answers to a command, the word of a choice or the text that it asked for."""
        async with self.database.unit_of_work() as uow:
            choice = self._choices.get(text) or (Choice("", "", self._asks) if self._asks is not None else None)
            turn = Turn(
                message=said("a", text, self.place),
                text=text.removeprefix("anrede").strip(": ") if choice is None else text,
                choice=None if text == "raum" or text.startswith("anrede:") else choice,
                answer_key="k",
                sees=frozenset(),
                now=NOW,
                say=str,
                uow=uow,
                role=self.role,
                rules=self.community.rules(self.place),
            )
            handler = decide if turn.choice else choose_address if text.startswith("anrede") else show
            actions = await handler(turn, NO_SERVICES)
            await uow.commit()
        self.community.learn(uow.rooms.changed)
        return self._shown(actions)

    def _shown(self, actions: Sequence[Action]) -> str:
        if not actions:
            return ""
        [reply] = actions
        assert isinstance(reply, Reply)
        self._choices = {choice.word: choice for choice in reply.offer.choices} if reply.offer else {}
        self._asks = dict(reply.offer.asks) if reply.offer and reply.offer.asks is not None else None
        return reply.text

    @property
    def words(self) -> list[str]:
        return list(self._choices)

    async def do(self, *steps: str) -> str:
        """What the bot answers to the last of these."""
        return [await self.say(step) for step in steps][-1]

    @property
    def rules(self) -> Rules:
        return self.community.rules(self.place)

    def sees_internal(self, place: Conversation) -> bool:
        return Visibility.COMMUNITY in self.community.sees(said("a", "x", place), Role.STAFF_MEMBER)

    async def supporters_rooms(self) -> list[str]:
        async with self.database.reading() as uow:
            return [place.id for place in await Directory(self.community, self.mailbox).rooms(uow)]

    async def begin_anew(self, clock: MovedClock) -> None:
        """As after a restart: only what the database has is known."""
        self.community = Community(SETTINGS, clock.now, self.mailbox.names)
        await self.mailbox.recall()
        await self.community.recall(self.database)


@pytest.fixture
def house(sqlite: Database, clock: MovedClock) -> House:
    return House(sqlite, clock)


# what is shown


async def test_a_room_shows_what_holds_there(house: House) -> None:
    assert (await house.say("raum")).splitlines() == [
        "**Was in diesem Raum gilt**",
        "- Zweck: noch keiner",
        "- Publikum: alle Beschäftigten",
        "- Anrede: du",
        "- Antworten: wenn mich jemand nennt",
        "- Ruhe: 20:00 bis 07:00 Uhr",
        "- Sprache: Deutsch. Eine andere kann ich noch nicht.",
        "",
        "Was möchtest du ändern?",
    ]
    assert house.words == ["zweck", "publikum", "anrede", "antworten", "ruhe"]


async def test_what_was_set_in_chat_is_told_from_what_the_house_says(house: House) -> None:
    await house.do("raum", "anrede", "sie")
    shown = await house.say("raum")
    assert "- Anrede: Sie (hier eingestellt)" in shown
    assert "- Ruhe: 20:00 bis 07:00 Uhr\n" in shown
    assert house.words[-1] == "zurücksetzen"


@pytest.mark.parametrize("role", [Role.STAFF_MEMBER, Role.SUPPORTER, Role.CURATOR])
async def test_others_get_one_kind_sentence(house: House, role: Role) -> None:
    await house.say("raum")
    house.role = role
    for said_by_others in ("antworten", "raum", "anrede: sie"):
        assert await house.say(said_by_others) == (
            "Was in diesem Raum gilt, legt die Koordination fest. Frag sie gern."
        )
    assert house.rules == Rules(quiet=SETTINGS.quiet)


async def test_in_a_direct_chat_it_says_where_it_works(house: House) -> None:
    house.place = CHAT
    assert "in einem Raum" in await house.say("raum")
    assert house.words == []


# purpose


async def test_a_room_gets_a_purpose_and_loses_it(house: House) -> None:
    assert await house.do("raum", "zweck", "Fragen zur  E-Akte") == "Zweck: Fragen zur E-Akte"
    assert "- Zweck: Fragen zur E-Akte" in await house.say("raum")
    await house.do("zweck", "kein")
    assert house.rules.purpose == ""


async def test_a_purpose_that_is_too_long_is_asked_for_again(house: House) -> None:
    assert "Schreib es bitte kürzer." in await house.do("raum", "zweck", "x" * (LONGEST_PURPOSE + 1))
    assert await house.say("kurz") == "Zweck: kurz"


# audience


async def test_a_room_becomes_one_of_the_supporters_only_after_a_question(house: House) -> None:
    assert "Sind hier nur Lots:innen?" in await house.do("raum", "publikum", "nur")
    assert not house.sees_internal(ROOM)
    assert "nur für Lots:innen" in await house.say("ja")
    assert house.sees_internal(ROOM)
    assert await house.supporters_rooms() == ["flurfunk"]


async def test_without_a_yes_a_room_stays_one_for_all(house: House) -> None:
    assert await house.do("raum", "publikum", "nur", "nein") == "Gut, es bleibt, wie es ist."
    assert not house.sees_internal(ROOM)


async def test_a_room_of_the_settings_is_opened_to_all_at_once(house: House) -> None:
    house.place = LOTSEN
    async with house.database.unit_of_work() as uow:
        await uow.addresses.know("p", "lotsen", None)
        await uow.commit()
    assert house.sees_internal(LOTSEN)
    assert await house.supporters_rooms() == ["lotsen"]
    await house.do("raum", "publikum", "alle")
    assert not house.sees_internal(LOTSEN)
    assert await house.supporters_rooms() == []


async def test_other_changes_leave_the_audience_of_the_settings(house: House) -> None:
    house.place = LOTSEN
    await house.do("raum", "anrede", "sie")
    assert house.sees_internal(LOTSEN)


@pytest.mark.parametrize("data", [{"what": "audience", "value": "sure"}, {"what": "mode", "value": "questions"}])
async def test_a_confidential_room_never_becomes_anything_else(house: House, data: dict[str, str]) -> None:
    house.place = CASE
    assert "vertraulich" in await house.say("raum")
    assert house.words == ["anrede", "antworten", "ruhe"]
    house._choices["x"] = Choice("x", "x", {"do": "set", **data})
    with pytest.raises(UserError, match="vertraulich"):
        await house.say("x")
    row = Room(platform="p", conversation_id="fall", audience=Audience.SUPPORTERS, answer_mode=AnswerMode.QUESTIONS)
    house.community.learn({("p", "fall"): row})  # set before the settings made it confidential
    assert not house.sees_internal(CASE)
    assert not house.community.overhears(CASE, "Wo steht der Scanner?")


# form of address


@pytest.mark.parametrize(
    ("text", "form"), [("sie", AddressForm.SIE), ("Siezen", AddressForm.SIE), ("du", AddressForm.DU)]
)
async def test_a_person_says_how_they_are_spoken_to(house: House, text: str, form: AddressForm) -> None:
    house.place, house.role = CHAT, Role.STAFF_MEMBER
    await house.say(f"anrede: {text}")
    assert house.rules.address_form is form
    say = house.community.say_to(CHAT)
    assert (say("Was möchtest du ändern?") == "Was möchten Sie ändern?") is (form is AddressForm.SIE)
    other = Conversation("p", "direct:ben", is_direct=True)
    assert house.community.rules(other).address_form is SETTINGS.address_direct


async def test_a_person_may_leave_it_as_it_is(house: House) -> None:
    house.place, house.role = CHAT, Role.STAFF_MEMBER
    assert await house.do("anrede: ihr", "lassen") == "Gut, es bleibt, wie es ist."


async def test_a_form_that_is_not_known_is_offered(house: House) -> None:
    house.place, house.role = CHAT, Role.STAFF_MEMBER
    await house.say("anrede: wie es kommt")
    assert house.words == ["du", "sie", "lassen"]
    assert await house.say("du") == "Anrede ab jetzt: du"
    assert house.rules.address_form is AddressForm.DU


# when it answers


@pytest.mark.parametrize(
    ("word", "mode"), [("nennt", AnswerMode.MENTIONS), ("jede", AnswerMode.QUESTIONS), ("nicht", AnswerMode.OFF)]
)
async def test_when_it_answers_is_chosen(house: House, word: str, mode: AnswerMode) -> None:
    await house.do("raum", "antworten", word)
    assert house.rules.answer_mode == mode
    assert house.community.is_off(ROOM) == (mode == AnswerMode.OFF)
    assert house.community.overhears(ROOM, "Wo steht der Scanner?") == (mode == AnswerMode.QUESTIONS)
    assert not house.community.overhears(Conversation("p", "woanders"), "Wo steht der Scanner?")
    assert not house.community.overhears(CHAT, "Wo steht der Scanner?")


async def test_what_is_read_is_said_in_the_room(house: House) -> None:
    assert "Ab jetzt lese ich hier jede Frage an alle." in await house.do("raum", "antworten", "jede")
    house.place = Conversation("teams", "kanal")
    assert "Teams gibt mir aber nur Nachrichten, die mich nennen." in await house.do("raum", "antworten", "jede")


async def test_where_it_is_off_only_coordinators_hear_it(house: House) -> None:
    await house.do("raum", "antworten", "nicht")
    house.role = Role.SUPPORTER
    assert await house.say("raum") == ""
    house.role = Role.COORDINATOR
    assert "- Antworten: gar nicht" in await house.say("raum")
    await house.do("antworten", "nennt")
    assert not house.community.is_off(ROOM)


async def test_a_room_of_the_supporters_that_is_off_is_not_written_to(house: House) -> None:
    await house.do("raum", "publikum", "nur", "ja")
    await house.do("raum", "antworten", "nicht")
    assert await house.supporters_rooms() == []


# quiet hours


async def test_a_room_gets_quiet_hours_of_its_own(house: House) -> None:
    assert await house.do("raum", "ruhe", "von 18 bis 8 Uhr") == "Ruhe: 18:00 bis 08:00 Uhr"
    assert house.rules.quiet == Quiet(time(18), time(8))


async def test_a_room_has_no_quiet_hours_or_those_of_the_house_again(house: House) -> None:
    assert await house.do("raum", "ruhe", "keine") == "Ruhe: keine"
    assert house.rules.quiet is None
    await house.do("raum", "ruhe", "haus")
    assert house.rules.quiet == SETTINGS.quiet


async def test_hours_that_are_not_understood_are_asked_for_again(house: House) -> None:
    assert "nicht verstanden" in await house.do("raum", "ruhe", "abends halt")
    assert await house.say("19-6") == "Ruhe: 19:00 bis 06:00 Uhr"


# keeping


async def test_a_room_is_set_back_after_a_question(house: House) -> None:
    await house.do("raum", "anrede", "sie")
    assert "auch dafür, wer mitliest" in await house.do("raum", "zurücksetzen")
    await house.say("ja")
    assert house.rules == Rules(quiet=SETTINGS.quiet)
    await house.say("raum")
    assert "zurücksetzen" not in house.words


async def test_what_was_set_survives_a_restart(house: House, clock: MovedClock) -> None:
    await house.do("raum", "publikum", "nur", "ja")
    await house.do("raum", "ruhe", "18-8")
    before = house.rules
    await house.begin_anew(clock)
    assert house.rules == before


async def test_what_was_not_committed_does_not_hold(house: House, sqlite: Database) -> None:
    async with sqlite.unit_of_work() as uow:
        await uow.rooms.keep(Room(platform="p", conversation_id="flurfunk", audience=Audience.SUPPORTERS))
    assert not house.sees_internal(ROOM)


@pytest.mark.parametrize("restarted", [False, True])
async def test_an_upgraded_room_keeps_what_was_set(house: House, clock: MovedClock, restarted: bool) -> None:
    await house.do("raum", "publikum", "nur", "ja")
    for number in range(5):
        await house.do("raum", "zweck", f"Zweck von {house.place.id}")
        old, house.place = house.place, Conversation("p", f"nachfolger {number}")
        await house.mailbox.move("p", old.id, house.place.id)
        if restarted:
            await house.begin_anew(clock)
        assert house.rules.purpose == f"Zweck von {old.id}"
    assert house.sees_internal(house.place)
    assert await house.supporters_rooms() == ["nachfolger 4"]
    await house.do("raum", "publikum", "alle")
    assert not house.sees_internal(house.place)
    assert await house.supporters_rooms() == []


async def test_what_is_set_in_the_new_room_already_stays(house: House, clock: MovedClock) -> None:
    await house.do("raum", "publikum", "nur", "ja")
    house.place = Conversation("p", "neu")
    await house.do("raum", "publikum", "alle")
    await house.mailbox.move("p", "flurfunk", "neu")
    assert not house.sees_internal(house.place)
    await house.begin_anew(clock)
    assert not house.sees_internal(house.place)
    assert await house.supporters_rooms() == []
