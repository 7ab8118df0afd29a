"""What is stored about one person: every way in which a row can be about somebody, to be shown and to be deleted.

Each such way is a `Trace` in `TRACES`. A table with a column that stands for somebody belongs here, and every column of
a table that is named here is either shown or left out with a reason: tests see to both.
"""

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import ColumnElement, and_, delete, false, or_, select, update
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import SQLModel, col

from storage.models.addresses import ConversationAddress, KnownConversation
from storage.models.agenda import AgendaItem, Ballot
from storage.models.jour_fixe import Attendance, CalendarFeed, Companions, Meeting, MeetingDuty, MeetingPost, RotaPlace
from storage.models.knowledge import EntryPerson
from storage.models.mailbox import OutboxMessage, OutboxState
from storage.models.minutes import Task
from storage.models.peer_consultation import (
    CaseVeto,
    ConsultationCase,
    ConsultationFollowUp,
    DateAnswer,
    GroupMember,
    GroupPlace,
    GroupPost,
    Participation,
    Partners,
    PhaseVoice,
    RoundPost,
)
from storage.models.people import Account, OneTimeCode, Person, Portrait, PortraitWording, TakenSlot
from storage.models.questions import PendingOffer
from storage.models.requests import Pairing, RequestCandidate, RequestPost, SupportRequest
from storage.models.rooms import Room
from storage.models.routing import Refusal, Routing, RoutingPlace, RoutingState, Side

Place = tuple[str, str]
"""A platform, and an id there."""
Whose = Callable[["Identity"], ColumnElement[bool]]
"""Tells which rows are about somebody."""

OURS = "tells nothing about the person"
OTHERS = "is about somebody else"
SECRET = "must stay secret"
DERIVED = "is told by what stands beside it"
OURS_IN_OFFERS = ("person", "person_id", "by", "taker", "giver", "objector")
"""What handlers need later may hold our id of somebody below these names; `people` holds several."""
OF_THE_ROUND = "tells of a thing of the round, not of the person"


@dataclass(frozen=True, slots=True)
class Identity:
    """Somebody by all that stands for them: accounts, our id if they have one, and their chats alone with us."""

    accounts: frozenset[Place]
    person_id: int | None = None
    chats: frozenset[Place] = frozenset()


@dataclass(frozen=True, slots=True)
class Trace:
    """A way in which rows of a table are about somebody.

    `name` and `shown` give the table and its columns their titles in the export; `left_out` says why other columns are
    no part of it. A row goes with its person, unless it is about somebody else in the first place: then the values of
    `cleared` take the person out of it. What is `hidden`, for a reason, is only deleted: not even that it is there is
    shown.
    """

    name: str
    model: type[SQLModel]
    whose: Whose
    shown: Mapping[str, str]
    left_out: Mapping[str, str] = field(default_factory=dict)
    cleared: Mapping[str, Any] | None = None
    hidden: str = ""


def _by_id(column: Any) -> Whose:
    """Rows with our id of somebody."""
    return lambda whose: false() if whose.person_id is None else col(column) == whose.person_id


def _by_account(platform: Any, person: Any) -> Whose:
    """Rows with one of somebody's accounts."""
    return lambda whose: _one_of(platform, person, whose.accounts)


def _by_chat(platform: Any, conversation: Any) -> Whose:
    """Rows of a chat with somebody alone."""
    return lambda whose: _one_of(platform, conversation, whose.chats)


def _one_of(platform: Any, name: Any, places: Collection[Place]) -> ColumnElement[bool]:
    return or_(false(), *(and_(col(platform) == one, col(name) == other) for one, other in sorted(places)))


def _any(*ways: Whose) -> Whose:
    return lambda whose: or_(*(way(whose) for way in ways))


def _because(reason: str, *names: str) -> dict[str, str]:
    """These columns are left out for this reason."""
    return dict.fromkeys(names, reason)


def _asked(whose: Identity) -> ColumnElement[bool]:
    """Questions that somebody asked with their name, or without it in a chat alone with us."""
    nameless = select(col(RoutingPlace.routing_id)).where(
        col(RoutingPlace.side) == Side.ASKER,
        col(RoutingPlace.is_direct).is_(True),
        _one_of(RoutingPlace.platform, RoutingPlace.conversation_id, whose.chats),
    )
    return or_(_one_of(Routing.asker_platform, Routing.asker_person, whose.accounts), col(Routing.id).in_(nameless))


def _own_vetoes(whose: Identity) -> ColumnElement[bool]:
    """Whom somebody does not want to be there when their case is talked about."""
    if whose.person_id is None:
        return false()
    cases = select(col(ConsultationCase.id)).where(col(ConsultationCase.person_id) == whose.person_id)
    return col(CaseVeto.case_id).in_(cases)


_OF_PORTRAIT = (
    "topics", "formats", "note", "out_of_scope", "contact", "availability", "experience", "paused_from", "paused_until",
    "weekly_capacity", "refresh_on", "refresh_asked_on", "deputy_person_id",
)  # fmt: skip

TRACES: tuple[Trace, ...] = (
    Trace(
        "konten",
        Account,
        _any(_by_account(Account.platform, Account.person), _by_id(Account.person_id)),
        {"platform": "plattform", "person": "kennung"},
        {"person_id": OURS},
    ),
    Trace(
        "porträt",
        Portrait,
        _by_id(Portrait.person_id),
        {
            "topics": "themen",
            "formats": "formate",
            "note": "erreichbar",
            "out_of_scope": "nicht_dabei",
            "contact": "kontakt",
            "availability": "auslastung",
            "experience": "erfahrung",
            "paused_from": "pause_ab",
            "paused_until": "pause_bis",
            "weekly_capacity": "grenze_je_woche",
            "deputy_person_id": "vertretung",
            "consented_on": "sichtbar_seit",
            "refresh_on": "nachfrage_am",
            "refresh_asked_on": "nachgefragt_am",
        },
        {"person_id": OURS},
    ),
    Trace(
        "als_vertretung_genannt",
        Portrait,
        _by_id(Portrait.deputy_person_id),
        {"person_id": "bei", "consented_on": "sichtbar_seit"},
        _because(OTHERS, *_OF_PORTRAIT),
        cleared={"deputy_person_id": None},
    ),
    Trace(
        "gelernte_formulierungen",
        PortraitWording,
        _by_id(PortraitWording.person_id),
        {"text": "text", "fits": "passt"},
        {"id": OURS, "person_id": OURS},
    ),
    Trace(
        "übernommen_in_dieser_woche",
        TakenSlot,
        _by_id(TakenSlot.person_id),
        {"taken": "was", "week": "woche"},
        {"id": OURS, "person_id": OURS},
    ),
    Trace(
        "codes",
        OneTimeCode,
        _any(_by_id(OneTimeCode.person_id), _by_account(OneTimeCode.platform, OneTimeCode.person)),
        {"purpose": "zweck", "expires_at": "gilt_bis"},
        {"digest": SECRET, "person_id": OURS, "platform": SECRET, "person": SECRET, "conversation_id": SECRET},
    ),
    Trace(
        "antworten",
        EntryPerson,
        _by_account(EntryPerson.platform, EntryPerson.person),
        {"entry_id": "antwort", "part": "aufgabe", "platform": "plattform", "person": "kennung"},
    ),
    Trace(
        "auswahlen",
        PendingOffer,
        _any(
            _by_account(PendingOffer.platform, PendingOffer.person),
            _by_chat(PendingOffer.platform, PendingOffer.conversation_id),
        ),
        {"platform": "plattform", "created_at": "seit", "topic": "wozu", "choices": "fragen"},
        {
            "id": OURS,
            "conversation_id": DERIVED,
            "thread": OURS,
            "person": DERIVED,
            "message_key": OURS,
            "text": OTHERS,
            "asks": OTHERS,
            "lasts": OURS,
        },
    ),
    Trace(
        "übernommene_fragen",
        Routing,
        _by_account(Routing.taker_platform, Routing.taker_person),
        {
            "id": "nummer",
            "state": "stand",
            "taker_platform": "plattform",
            "taker_person": "kennung",
            "taker_name": "gezeigter_name",
            "due_on": "frist",
            "reminded_on": "erinnert_am",
            "delete_on": "gelöscht_am",
        },
        {"question_id": OURS, "answer_key": OURS, "taker_place_id": OURS, "escalated_on": OURS}
        | _because(OTHERS, "text", "asker_platform", "asker_person", "asker_name", "department", "agenda_asked_on"),
        cleared={"taker_platform": None, "taker_person": None, "taker_name": None, "taker_place_id": None},
    ),
    Trace(
        "eigene_fragen",
        Routing,
        _asked,
        {
            "id": "nummer",
            "text": "frage",
            "state": "stand",
            "asker_platform": "plattform",
            "asker_person": "kennung",
            "asker_name": "gezeigter_name",
            "department": "fachbereich",
            "due_on": "frist",
            "escalated_on": "koordination_gefragt_am",
            "agenda_asked_on": "nach_jour_fixe_gefragt_am",
            "delete_on": "gelöscht_am",
        },
        {"question_id": OURS, "answer_key": OURS}
        | _because(OTHERS, "taker_platform", "taker_person", "taker_name", "taker_place_id", "reminded_on"),
    ),
    Trace(
        "abgesagte_fragen",
        Refusal,
        _by_account(Refusal.platform, Refusal.person),
        {"routing_id": "frage", "platform": "plattform"},
        {"person": DERIVED},
    ),
    Trace(
        "orte_von_fragen",
        RoutingPlace,
        _any(
            _by_account(RoutingPlace.platform, RoutingPlace.person),
            _by_chat(RoutingPlace.platform, RoutingPlace.conversation_id),
        ),
        {"routing_id": "frage", "side": "seite", "platform": "plattform", "conversation_id": "chat"},
        {"id": OURS, "is_direct": OURS, "person": DERIVED, "root": OURS, "thread": OURS, "key": OURS},
    ),
    Trace(
        "tandems",
        Pairing,
        _any(_by_id(Pairing.person_id), _by_id(Pairing.other_person_id)),
        {"person_id": "mit", "other_person_id": "und", "delete_on": "gelöscht_am"},
    ),
    Trace(
        "gefragt_für_anfragen",
        RequestCandidate,
        _by_id(RequestCandidate.person_id),
        {
            "request_id": "anfrage",
            "answer": "antwort",
            "expectation": "erwartung",
            "has_confirmed": "einverstanden",
        },
        {"person_id": OURS, "asked_key": OURS},
    ),
    Trace(
        "eigene_anfragen",
        SupportRequest,
        _by_account(SupportRequest.platform, SupportRequest.requester_person),
        {
            "id": "nummer",
            "kind": "art",
            "state": "stand",
            "platform": "plattform",
            "requester_person": "kennung",
            "requester_name": "name",
            "conversation_id": "chat",
            "department": "fachbereich",
            "team": "team",
            "goal": "ziel",
            "period": "zeitraum",
            "format": "format",
            "out_of_scope": "nicht_dabei",
            "places": "noch_gesucht",
            "task": "aufgabe",
            "decides": "entscheidet",
            "informed": "wird_informiert",
            "expectation": "erwartung",
            "has_confirmed": "einverstanden",
            "asked_on": "gefragt_am",
            "due_on": "frist",
            "escalated_on": "koordination_gefragt_am",
            "closing_on": "abschlussfrage_am",
            "delete_on": "gelöscht_am",
        },
        {"revision": OURS},
    ),
    Trace(
        "gezeigte_anfragen",
        RequestPost,
        _by_chat(RequestPost.platform, RequestPost.conversation_id),
        {"request_id": "anfrage", "platform": "plattform", "conversation_id": "chat"},
        {"key": OURS, "is_direct": OURS},
    ),
    Trace(
        "eigene_themen",
        AgendaItem,
        _by_id(AgendaItem.owner_person_id),
        {
            "id": "nummer",
            "title": "titel",
            "proposed_on": "vorgeschlagen_am",
            "goal": "ziel",
            "minutes": "minuten",
            "wanted": "ergebnis",
            "link": "unterlagen",
        },
        {"owner_person_id": OURS}
        | _because(
            OF_THE_ROUND,
            "jour_fixe_id",
            "meeting_id",
            "place",
            "state",
            "is_fixed",
            "is_last",
            "is_recurring",
            "skipped_meeting_id",
            "deferrals",
            "points",
        ),
        cleared={"owner_person_id": None},
    ),
    Trace(
        "stimmen",
        Ballot,
        _by_id(Ballot.person_id),
        {"item_id": "thema", "poll": "wozu"},
        {"person_id": OURS},
    ),
    Trace(
        "reihenfolge_der_dienste",
        RotaPlace,
        _by_id(RotaPlace.person_id),
        {"jour_fixe_id": "jour_fixe", "duty": "dienst"},
        {"person_id": OURS, "turn": "says only who is next, and would rank people"},
    ),
    Trace(
        "dienste",
        MeetingDuty,
        _by_id(MeetingDuty.person_id),
        {"meeting_id": "termin", "duty": "dienst"},
        {"person_id": OURS},
    ),
    Trace(
        "zusagen",
        Attendance,
        _by_id(Attendance.person_id),
        {
            "meeting_id": "termin",
            "coming": "zusage",
            "group": "gruppe",
            "may_be_named": "name_im_protokoll",
        },
        {"person_id": OURS},
    ),
    Trace(
        "gruppen",
        Companions,
        _any(_by_id(Companions.person_id), _by_id(Companions.other_person_id)),
        {
            "jour_fixe_id": "jour_fixe",
            "person_id": "mit",
            "other_person_id": "und",
            "last_on": "zuletzt_am",
            "delete_on": "gelöscht_am",
        },
    ),
    Trace(
        "kalender",
        CalendarFeed,
        _by_id(CalendarFeed.person_id),
        {"person_id": "von"},
        {"digest": SECRET},
    ),
    Trace(
        "aufgaben",
        Task,
        _by_id(Task.owner_person_id),
        {
            "id": "nummer",
            "about": "thema",
            "text": "aufgabe",
            "owner_name": "genannt",
            "due_on": "frist",
            "state": "stand",
            "remind_on": "erinnerung_am",
            "delete_on": "gelöscht_am",
        },
        {"owner_person_id": OURS} | _because(OF_THE_ROUND, "meeting_id", "item_id", "is_confirmed"),
        cleared={"owner_person_id": None, "owner_name": "", "remind_on": None},
    ),
    Trace(
        "gezeigte_termine",
        MeetingPost,
        _by_chat(MeetingPost.platform, MeetingPost.conversation_id),
        {"meeting_id": "termin", "platform": "plattform", "conversation_id": "chat"},
        {"key": OURS, "shows": OURS, "is_direct": OURS, "shown": OURS},
    ),
    Trace(
        "geleitete_termine",
        Meeting,
        _by_chat(Meeting.platform, Meeting.conversation_id),
        {"id": "termin", "platform": "plattform", "conversation_id": "chat"},
        _because(
            OF_THE_ROUND,
            "jour_fixe_id",
            "planned_on",
            "day",
            "begins",
            "minutes",
            "place",
            "state",
            "revision",
            "item_id",
            "item_until",
            "paused_at",
            "turned_at",
            "turned_by",
            "known_since",
        ),
        cleared={"platform": None, "conversation_id": None},
    ),
    Trace(
        "beratungsrunden",
        Participation,
        _by_id(Participation.person_id),
        {"round_id": "runde", "can_moderate": "kann_moderieren", "leads": "leitet", "is_reserve": "ohne_gruppe"},
        {"person_id": OURS},
    ),
    Trace(
        "nicht_eingeladen",
        CaseVeto,
        _own_vetoes,
        {"case_id": "fall", "person_id": "wer"},
    ),
    Trace(
        "von_anderen_nicht_eingeladen",
        CaseVeto,
        _by_id(CaseVeto.person_id),
        {},
        {"case_id": OTHERS, "person_id": OURS},
        hidden="it is a case giver's own wish, and they must be able to rely on nobody learning of it",
    ),
    Trace(
        "fälle",
        ConsultationCase,
        _by_id(ConsultationCase.person_id),
        {
            "id": "nummer",
            "title": "titel",
            "mode": "form",
            "format": "modell",
            "wished": "wunschzeit",
            "is_urgent": "dringend",
            "may_relay": "über_andere_plattformen",
            "state": "stand",
            "waiting_since": "wartet_seit",
            "ask_on": "nachfrage_am",
            "delete_on": "gelöscht_am",
        },
        {"person_id": OURS},
    ),
    Trace(
        "beratungen",
        GroupMember,
        _by_id(GroupMember.person_id),
        {
            "group_id": "beratung",
            "part": "rolle",
            "can_moderate": "kann_moderieren",
            "has_promised": "vertraulichkeit_zugesagt",
            "is_relayed": "aus_dem_einzelchat",
            "has_left": "gegangen",
            "wants_reminders": "erinnerungen",
            "reminded_at": "erinnert_um",
        },
        {"person_id": OURS} | _because(OF_THE_ROUND, "place", "is_inside", "is_late"),
    ),
    Trace(
        "chats_der_beratung",
        GroupPlace,
        _any(_by_id(GroupPlace.person_id), _by_chat(GroupPlace.platform, GroupPlace.conversation_id)),
        {"group_id": "beratung", "platform": "plattform", "conversation_id": "chat"},
        {"person_id": OURS, "is_direct": OURS},
    ),
    Trace(
        "nachrichten_der_beratung",
        GroupPost,
        _by_chat(GroupPost.platform, GroupPost.conversation_id),
        {"group_id": "beratung", "platform": "plattform", "conversation_id": "chat", "delete_on": "gelöscht_am"},
        _because(OURS, "key", "shows", "is_direct", "said"),
    ),
    Trace(
        "in_der_phase_gesagt",
        PhaseVoice,
        _by_id(PhaseVoice.person_id),
        {"group_id": "beratung", "wish": "was"},
        {"person_id": OURS},
    ),
    Trace(
        "mögliche_zeiten",
        DateAnswer,
        _by_id(DateAnswer.person_id),
        {"group_id": "beratung", "number": "zeit"},
        {"person_id": OURS},
    ),
    Trace(
        "beraten_mit",
        Partners,
        _any(_by_id(Partners.person_id), _by_id(Partners.other_person_id)),
        {"person_id": "mit", "other_person_id": "und", "last_on": "zuletzt_am", "delete_on": "gelöscht_am"},
    ),
    Trace(
        "nachfrage_nach_der_beratung",
        ConsultationFollowUp,
        _by_id(ConsultationFollowUp.person_id),
        {"due_on": "am"},
        {"id": OURS, "person_id": OURS},
    ),
    Trace(
        "gezeigte_runden",
        RoundPost,
        _by_chat(RoundPost.platform, RoundPost.conversation_id),
        {"round_id": "runde", "platform": "plattform", "conversation_id": "chat"},
        {"key": OURS, "is_direct": OURS},
    ),
    Trace(
        "einzelchats",
        KnownConversation,
        _any(
            _by_account(KnownConversation.platform, KnownConversation.person),
            _by_chat(KnownConversation.platform, KnownConversation.conversation_id),
        ),
        {"platform": "plattform", "conversation_id": "chat", "person": "kennung"},
    ),
    Trace(
        "adressen",
        ConversationAddress,
        _any(
            _by_account(ConversationAddress.platform, ConversationAddress.person),
            _by_chat(ConversationAddress.platform, ConversationAddress.conversation_id),
        ),
        {
            "platform": "plattform",
            "conversation_id": "chat",
            "service_url": "server",
            "tenant_id": "organisation",
            "person": "kennung",
            "person_account": "konto",
        },
        {"bot_id": OURS, "team_id": OURS},
    ),
    Trace(
        "anrede_im_einzelchat",
        Room,
        _by_chat(Room.platform, Room.conversation_id),
        {"platform": "plattform", "conversation_id": "chat", "address_form": "anrede", "language": "sprache"},
        _because(OURS, "purpose", "audience", "answer_mode", "quiet_from", "quiet_until"),
    ),
    Trace(
        "person",
        Person,
        _by_id(Person.id),
        {"name": "name", "role": "rolle", "department": "fachbereich", "is_named": "name_wird_gezeigt"},
        {"id": OURS},
    ),
)
"""In the order in which they are erased: what hangs on something else comes before it."""


class PersonalRepository:
    """Everything that is stored about one person, whichever table it is in."""

    def __init__(self, session: AsyncSession) -> None:
        self._session = session

    async def identify(self, platform: str, person: str, chats: Collection[Place] = ()) -> Identity:
        """Somebody by one account: with all that are linked to it, and all chats alone with them that we know.

        `chats` are further ones, which the caller knows.
        """
        statement = select(col(Account.person_id)).where(
            _one_of(Account.platform, Account.person, [(platform, person)])
        )
        person_id = (await self._session.scalars(statement)).first()
        linked = select(col(Account.platform), col(Account.person)).where(col(Account.person_id) == person_id)
        others = [(row[0], row[1]) for row in await self._session.execute(linked)] if person_id is not None else []
        accounts = frozenset({(platform, person), *others})
        known = {*await self._chats(KnownConversation, accounts), *await self._chats(ConversationAddress, accounts)}
        asked = await self._direct_places(accounts)
        return Identity(accounts, person_id, frozenset({*chats, *known, *asked}))

    async def _chats(
        self, table: type[KnownConversation | ConversationAddress], accounts: Collection[Place]
    ) -> Sequence[Place]:
        statement = select(col(table.platform), col(table.conversation_id))
        found = await self._session.execute(statement.where(_one_of(table.platform, table.person, accounts)))
        return [(row[0], row[1]) for row in found]

    async def _direct_places(self, accounts: Collection[Place]) -> Sequence[Place]:
        statement = select(col(RoutingPlace.platform), col(RoutingPlace.conversation_id)).where(
            col(RoutingPlace.is_direct).is_(True), _one_of(RoutingPlace.platform, RoutingPlace.person, accounts)
        )
        return [(row[0], row[1]) for row in await self._session.execute(statement)]

    # showing

    async def collect(self, whose: Identity) -> Mapping[str, Sequence[Mapping[str, Any]]]:
        """All that is stored about somebody: by the name of the trace, rows of what is shown of it, by column."""
        return {trace.name: await self._rows(trace, whose) for trace in TRACES if not trace.hidden}

    async def _rows(self, trace: Trace, whose: Identity) -> Sequence[Mapping[str, Any]]:
        columns = trace.model.__table__.c  # type: ignore[attr-defined]
        statement = select(*(columns[name] for name in trace.shown)).where(trace.whose(whose))
        statement = statement.order_by(*trace.model.__table__.primary_key)  # type: ignore[attr-defined]
        return [dict(row) for row in (await self._session.execute(statement)).mappings()]

    async def waiting_messages(self, whose: Identity) -> Sequence[OutboxMessage]:
        """Messages that wait to be said in somebody's chats, oldest first."""
        statement = select(OutboxMessage).where(col(OutboxMessage.state) == OutboxState.WAITING)
        waiting = await self._session.scalars(statement.order_by(col(OutboxMessage.number)))
        return [message for message in waiting if _place_of(message) in whose.chats]

    async def offers(self, whose: Identity) -> Sequence[PendingOffer]:
        """What waits for somebody to choose, oldest first, and what others may choose that names this person."""
        own = _any(
            _by_account(PendingOffer.platform, PendingOffer.person),
            _by_chat(PendingOffer.platform, PendingOffer.conversation_id),
        )(whose)
        mine = (await self._session.scalars(select(col(PendingOffer.id)).where(own))).all()
        names = {person for _, person in whose.accounts}
        return [
            offer
            for offer in await self._session.scalars(select(PendingOffer).order_by(col(PendingOffer.id)))
            if offer.id in mine
            or any(_names(choice.get("data", {}), names, whose.person_id) for choice in _choices(offer))
        ]

    async def answer_keys(self, whose: Identity) -> Sequence[str]:
        """What is still known as somebody's own messages: those of their questions, and of what they may choose."""
        offered = _by_account(PendingOffer.platform, PendingOffer.person)(whose)
        asked = await self._session.scalars(select(col(Routing.answer_key)).where(_asked(whose)))
        return [*asked, *await self._session.scalars(select(col(PendingOffer.message_key)).where(offered))]

    # deleting

    async def erase(self, whose: Identity) -> None:
        """Delete all that; of rows that are about somebody else, only what stands for this person.

        Questions that they have taken up are free again, but nobody is told: that is the caller's work.
        """
        await self._set_free(whose)
        for message in await self.waiting_messages(whose):
            message.state, message.payload = OutboxState.DELIVERED, None
        for offer in await self.offers(whose):
            await self._session.delete(offer)
        await self._session.flush()
        for trace in TRACES:
            statement = delete(trace.model) if trace.cleared is None else update(trace.model).values(**trace.cleared)
            of_them = statement.where(trace.whose(whose)).execution_options(synchronize_session="fetch")
            await self._session.execute(of_them)

    async def _set_free(self, whose: Identity) -> None:
        """Have somebody else be sought for the questions that this person has taken up."""
        taken = _by_account(Routing.taker_platform, Routing.taker_person)(whose)
        held = col(Routing.state).in_([RoutingState.TAKEN, RoutingState.ANSWERED])
        await self._session.execute(update(Routing).where(taken, held).values(state=RoutingState.RETURNED))


def _choices(offer: PendingOffer) -> Sequence[Mapping[str, Any]]:
    return [*offer.choices, {"data": offer.asks or {}}]


def _names(data: Mapping[str, Any], names: Collection[str], person_id: int | None) -> bool:
    """Whether what a handler needs later stands for somebody."""
    people = {str(data.get(key, "")) for key in OURS_IN_OFFERS} | set(str(data.get("people", "")).split())
    is_ours = person_id is not None and str(person_id) in people
    return is_ours or any(value in names for value in data.values())


def _place_of(message: OutboxMessage) -> Place:
    conversation = (message.payload or {}).get("conversation", {})
    return conversation.get("platform", ""), conversation.get("id", "")
