"""Tells what is stored about a person: in plain lines, and as values for a file. Nothing that somebody else wrote."""

from collections.abc import Mapping, Sequence
from datetime import date, datetime, time
from typing import Any

from bot.language import in_words
from bot.turn import Services, Turn
from handlers import ask, cards
from handlers.ask import LONGEST_HEADING, shortened
from handlers.names import platform_name
from knowledge.assignment import find
from storage.database import UnitOfWork
from storage.models.people import Portrait
from storage.repositories.personal import TRACES, Identity

Row = Mapping[str, Any]
Found = Mapping[str, Sequence[Row]]
"""What is stored about somebody, as `PersonalRepository.collect` gives it."""

OWN_WORDS = (ask.ANSWER, ask.CHOICE)
"""Topics of offers that hold a question of whom they wait for."""
WORDS: Mapping[str, Mapping[str, str]] = {
    "role": {
        "supporter": "Lots:in",
        "curator": "Redaktion",
        "coordinator": "Koordination",
        "administrator": "Administration",
    },
    "availability": {"free": "frei", "some_room": "etwas Luft", "full": "voll"},
    "experience": {"new": "neu dabei", "experienced": "erfahren"},
    "purpose": {"link": "Konten verknüpfen", "supporter": "Einladung", "curator": "Einladung zur Redaktion"},
    "part": {
        "owner": "verantwortlich",
        "proposer": "vorgeschlagen",
        "case_giver": "Fall",
        "moderator": "Moderation",
        "scribe": "Mitschrift",
        "timekeeper": "Zeit",
        "process_observer": "Beobachtung",
        "adviser": "Beratung",
    },
    "mode": {"live": "zu einer Zeit", "written": "schriftlich"},
    "side": {"asker": "gefragt", "supporters": "gezeigt"},
    "duty": {"moderator": "Moderation", "minute_taker": "Protokoll", "timekeeper": "Zeit"},
    "coming": {"yes": "kommt", "maybe": "kommt vielleicht", "no": "kommt nicht"},
    "poll": {"priority": "Reihenfolge der Themen", "more_time": "mehr Zeit"},
    "goal": {"info": "Info", "discussion": "Diskussion", "decision": "Entscheidung", "consultation": "Beratung"},
    "answer": {"asked": "gefragt", "accepted": "zugesagt", "not_now": "jetzt nicht", "unsuitable": "passt nicht"},
    "state": {
        "sought": "gesucht",
        "taken": "übernommen",
        "answered": "beantwortet",
        "returned": "wieder gesucht",
        "closed": "gelöst",
        "open": "offen",
        "proposed": "vorgeschlagen",
        "agreed": "abgesprochen",
        "done": "abgeschlossen",
        "withdrawn": "zurückgezogen",
        "dropped": "gestrichen",
        "waiting": "wartet",
    },
}
"""Values of these columns as they are said."""


async def identify(turn: Turn) -> Identity:
    """The sender, by all accounts, with this chat if they are alone with us in it."""
    here = turn.message.conversation
    chats = [(here.platform, here.id)] if here.is_direct else []
    return await turn.uow.personal.identify(here.platform, turn.message.sender.id, chats)


# as a file


async def export(uow: UnitOfWork, whose: Identity) -> dict[str, list[dict[str, Any]]]:
    """All that is stored about somebody, by plain German titles; days and moments as ISO says."""
    found = await uow.personal.collect(whose)
    files = {
        trace.name: [
            {trace.shown[column]: await _plain(uow, whose, column, row) for column in row} for row in found[trace.name]
        ]
        for trace in TRACES
        if found.get(trace.name)
    }
    waiting = await uow.personal.waiting_messages(whose)
    if waiting:
        files["nachrichten_auf_dem_weg"] = [{"seit": one.created_at.isoformat()} for one in waiting]
    return files


async def _plain(uow: UnitOfWork, whose: Identity, column: str, row: Row) -> Any:
    value = row[column]
    match column:
        case "choices":
            return list(_questions(row))
        case "entry_id":
            [entry] = await uow.knowledge.get([value])
            return entry.number
        case "person_id" | "other_person_id" | "deputy_person_id":
            return await _name(uow, whose, value)
    if isinstance(value, date | datetime | time):
        return value.isoformat()
    return WORDS.get(column, {}).get(value, value) if isinstance(value, str) else value


async def _name(uow: UnitOfWork, whose: Identity, person_id: int | None) -> str | None:
    person = await uow.people.get(person_id) if person_id is not None else None
    return person.name if person else None


def _questions(offer: Row) -> Sequence[str]:
    """What somebody asked, as far as an offer to them keeps it."""
    if offer["topic"] not in OWN_WORDS:
        return ()
    return tuple(dict.fromkeys(choice["data"]["question"] for choice in offer["choices"] if choice["data"]["question"]))


# as lines


async def lines(turn: Turn, services: Services, whose: Identity, found: Found) -> Sequence[str]:
    """All of it in lines of Markdown, under headings."""
    groups = (
        (turn.say("Über dich"), await _about(turn, found)),
        (turn.say("Dein Porträt"), await _portrait(turn, whose, found)),
        (turn.say("Fragen"), _asked(turn, found)),
        (turn.say("Anfragen"), await _requests(turn, services, whose, found)),
        (turn.say("Antworten"), await _answers(turn, found)),
        (turn.say("Jour fixe"), await _at_meetings(turn, whose, found)),
        (turn.say("Kollegiale Beratung"), await _in_consultations(turn, whose, found)),
        (turn.say("Wie ich dich erreiche"), await _reached(turn, whose, found)),
    )
    said: list[str] = []
    for heading, told in groups:
        for place, line in enumerate(told):
            said.append(line if place else f"\n**{heading}**\n\n{line}")
    return said


def _listed(told: Sequence[str]) -> Sequence[str]:
    return [f"- {shortened(' '.join(line.split()), LONGEST_HEADING)}" for line in told]


async def _about(turn: Turn, found: Found) -> Sequence[str]:
    said: list[str] = []
    for row in found["person"]:
        said.append(turn.say("Name: {name}").format(name=row["name"]))
        if row["role"]:
            said.append(turn.say("Rolle, im Chat vergeben: {role}").format(role=WORDS["role"][row["role"]]))
        if row["department"]:
            said.append(turn.say("Fachbereich: {name}").format(name=row["department"]))
        if not row["is_named"]:
            said.append(turn.say("Dein Name steht nicht unter Antworten."))
    account = turn.say("Konto: {platform} ({person})")
    said += [account.format(platform=platform_name(row["platform"]), person=row["person"]) for row in found["konten"]]
    code = turn.say("Ein Code wartet ({purpose}). Er gilt bis {day}, {time} Uhr.")
    for row in found["codes"]:
        until = row["expires_at"].astimezone(turn.now.tzinfo)
        said.append(
            code.format(purpose=WORDS["purpose"][row["purpose"]], day=in_words(until.date()), time=f"{until:%H:%M}")
        )
    return _listed(said)


async def _portrait(turn: Turn, whose: Identity, found: Found) -> Sequence[str]:
    said: list[str] = []
    if found["porträt"] and whose.person_id is not None:
        person = await turn.uow.people.get(whose.person_id)
        portrait = await turn.uow.people.portrait(whose.person_id)
        assert person is not None
        assert portrait is not None
        said += await _own_portrait(turn, portrait)
        deputy = await turn.uow.people.get(portrait.deputy_person_id) if portrait.deputy_person_id else None
        _, *facts = cards.card(turn.say, person, portrait, turn.today).split("\n- ")
        said += [*facts, *cards.private_facts(turn.say, person, portrait, deputy, turn.today)]
    for row in found["als_vertretung_genannt"]:
        name = await _name(turn.uow, whose, row["person_id"])
        said.append(turn.say("Du vertrittst: {name}").format(name=name))
    for row in found["gelernte_formulierungen"]:
        fits, misfits = turn.say("Passt zu dir: „{text}“"), turn.say("Passt nicht zu dir: „{text}“")
        said.append((fits if row["fits"] else misfits).format(text=row["text"]))
    if found["übernommen_in_dieser_woche"]:
        names = ", ".join(_taken(turn, row["taken"]) for row in found["übernommen_in_dieser_woche"])
        said.append(turn.say("Für deine eigene Grenze in dieser Woche: {names}").format(names=names))
    return _listed(said)


async def _own_portrait(turn: Turn, portrait: Portrait) -> Sequence[str]:
    """When it became visible, and when it is asked about."""
    said: list[str] = []
    if portrait.consented_on is None:
        said.append(turn.say("Noch für niemanden sichtbar."))
    else:
        said.append(turn.say("Sichtbar seit {day}.").format(day=in_words(portrait.consented_on)))
    if portrait.refresh_on:
        said.append(turn.say("Ich frage am {day}, ob alles noch stimmt.").format(day=in_words(portrait.refresh_on)))
    return said


def _taken(turn: Turn, taken: str) -> str:
    kind, _, number = taken.partition(" ")
    label = {"question": turn.say("Frage {number}"), "request": turn.say("Anfrage {number}")}.get(kind, "{number}")
    return label.format(number=number)


def _asked(turn: Turn, found: Found) -> Sequence[str]:
    own = turn.say("Frage {number} von dir ({state}): „{text}“")
    nameless = turn.say("Frage {number} von dir, ohne Namen ({state}): „{text}“")
    said = [
        (own if row["asker_person"] else nameless).format(
            number=row["id"], state=WORDS["state"][row["state"]], text=row["text"]
        )
        for row in found["eigene_fragen"]
    ]
    taken = turn.say("Frage {number} hast du übernommen ({state}).")
    said += [taken.format(number=row["id"], state=WORDS["state"][row["state"]]) for row in found["übernommene_fragen"]]
    refused = turn.say("Zu Frage {number} frage ich dich nicht mehr.")
    said += [refused.format(number=row["routing_id"]) for row in found["abgesagte_fragen"]]
    own_numbers = {row["id"] for row in found["eigene_fragen"]}
    shown = dict.fromkeys(row["routing_id"] for row in found["orte_von_fragen"])
    seen = turn.say("Frage {number} habe ich dir gezeigt.")
    said += [seen.format(number=number) for number in shown if number not in own_numbers]
    waits = turn.say("Zur Auswahl wartet noch deine Frage: „{text}“")
    said += [waits.format(text=text) for row in found["auswahlen"] for text in _questions(row)]
    if found["auswahlen"]:
        count = len(found["auswahlen"])
        said.append(turn.say("Offene Auswahlen für dich: {count}").format(count=count))
    return _listed(said)


async def _requests(turn: Turn, services: Services, whose: Identity, found: Found) -> Sequence[str]:
    own = turn.say("Anfrage {number} von dir ({kind}, {state}): {text}")
    said: list[str] = []
    for row in found["eigene_anfragen"]:
        kind = find(row["kind"], services.house.kinds)
        parts = (row[name] for name in ("team", "department", "goal", "period", "format", "out_of_scope"))
        said.append(
            own.format(
                number=row["id"],
                kind=kind.label if kind else row["kind"],
                state=WORDS["state"][row["state"]],
                text="; ".join(part for part in parts if part),
            )
        )
    asked = turn.say("Anfrage {number} an dich: {answer}")
    said += [
        asked.format(number=row["request_id"], answer=WORDS["answer"][row["answer"]])
        for row in found["gefragt_für_anfragen"]
    ]
    known = {row["request_id"] for row in found["gefragt_für_anfragen"]} | {
        row["id"] for row in found["eigene_anfragen"]
    }
    shown = turn.say("Anfrage {number} habe ich dir gezeigt.")
    numbers = dict.fromkeys(row["request_id"] for row in found["gezeigte_anfragen"])
    said += [shown.format(number=number) for number in numbers if number not in known]
    for row in found["tandems"]:
        [other] = {row["person_id"], row["other_person_id"]} - {whose.person_id}
        name, day = await _name(turn.uow, whose, other), in_words(row["delete_on"])
        said.append(turn.say("Tandem mit {name}, gemerkt bis {day}.").format(name=name, day=day))
    return _listed(said)


async def _answers(turn: Turn, found: Found) -> Sequence[str]:
    told = {
        "owner": turn.say("Bei Nr. {number} frage ich dich, ob die Antwort noch gilt."),
        "proposer": turn.say("Nr. {number} hast du vorgeschlagen. Das vergesse ich nach der Entscheidung."),
    }
    numbers = {
        entry.id: entry.number
        for entry in await turn.uow.knowledge.get([row["entry_id"] for row in found["antworten"]])
    }
    return _listed([told[row["part"]].format(number=numbers[row["entry_id"]]) for row in found["antworten"]])


async def _at_meetings(turn: Turn, whose: Identity, found: Found) -> Sequence[str]:
    topic = turn.say("Thema {number} stellst du vor: „{title}“")
    said = [topic.format(number=row["id"], title=row["title"]) for row in found["eigene_themen"]]
    said += [await _task(turn, row) for row in found["aufgaben"]]
    for row in found["dienste"]:
        sentence = turn.say("{duty} beim Jour fixe am {day}")
        said.append(sentence.format(duty=WORDS["duty"][row["duty"]], day=await _day_of(turn, row)))
    for row in found["zusagen"]:
        parts = [WORDS["coming"][row["coming"]]] if row["coming"] else []
        parts += [turn.say("Gruppe {number}").format(number=row["group"])] if row["group"] else []
        parts += [turn.say("dein Name darf ins Protokoll")] if row["may_be_named"] else []
        if parts:
            sentence = turn.say("Jour fixe am {day}: {parts}")
            said.append(sentence.format(day=await _day_of(turn, row), parts=", ".join(parts)))
    for number in dict.fromkeys(row["jour_fixe_id"] for row in found["reihenfolge_der_dienste"]):
        series = await turn.uow.jour_fixe.get(number)
        title = series.title if series else ""
        said.append(turn.say("Du bist bei „{title}“ mit Diensten an der Reihe.").format(title=title))
    for row in found["gruppen"]:
        [other] = {row["person_id"], row["other_person_id"]} - {whose.person_id}
        sentence = turn.say("Du warst mit {name} in einer Gruppe, gemerkt bis {day}.")
        said.append(sentence.format(name=await _name(turn.uow, whose, other), day=in_words(row["delete_on"])))
    if found["stimmen"]:
        said.append(turn.say("Deine Stimmen für Themen zähle ich, bis die Abstimmung endet."))
    if found["kalender"]:
        said.append(turn.say("Du hast einen eigenen Kalender-Link."))
    return _listed(said)


async def _task(turn: Turn, row: Row) -> str:
    sentence = turn.say("Aufgabe {number} ({state}): {text}").format(
        number=row["id"], state=WORDS["state"][row["state"]], text=row["text"]
    )
    return sentence + (turn.say(", bis {day}").format(day=in_words(row["due_on"])) if row["due_on"] else "")


async def _day_of(turn: Turn, row: Row) -> str:
    meeting = await turn.uow.jour_fixe.meeting(row["meeting_id"])
    return in_words(meeting.day) if meeting else ""


async def _in_consultations(turn: Turn, whose: Identity, found: Found) -> Sequence[str]:
    case = turn.say("Dein Fall „{title}“ ({state})")
    said = [case.format(title=row["title"], state=WORDS["state"][row["state"]]) for row in found["fälle"]]
    for row in found["nicht_eingeladen"]:
        name = await _name(turn.uow, whose, row["person_id"])
        said.append(turn.say("Bei deinem Fall ist {name} nicht dabei. Das sieht sonst niemand.").format(name=name))
    for row in found["beratungsrunden"]:
        parts = [turn.say("du kannst moderieren")] if row["can_moderate"] else []
        parts += [turn.say("du leitest {department}").format(department=row["leads"])] if row["leads"] else []
        joined = turn.say("Du bist bei Runde {number} dabei.").format(number=row["round_id"])
        said.append(" ".join([joined, *(f"({part})" for part in parts)]))
    for row in found["beratungen"]:
        part = WORDS["part"][row["part"]] if row["part"] else turn.say("noch ohne Aufgabe")
        said.append(turn.say("Beratung {number}: {part}").format(number=row["group_id"], part=part))
    met: dict[date, list[str]] = {}
    for row in found["beraten_mit"]:
        [other] = {row["person_id"], row["other_person_id"]} - {whose.person_id}
        met.setdefault(row["delete_on"], []).append(await _name(turn.uow, whose, other) or "")
    for day, names in met.items():
        sentence = turn.say("Du hast mit {name} beraten, gemerkt bis {day}.")
        said.append(sentence.format(name=", ".join(sorted(names)), day=in_words(day)))
    for row in found["nachfrage_nach_der_beratung"]:
        said.append(turn.say("Am {day} frage ich dich nach deinem Fall.").format(day=in_words(row["due_on"])))
    return _listed(said)


async def _reached(turn: Turn, whose: Identity, found: Found) -> Sequence[str]:
    chats = dict.fromkeys(row["platform"] for name in ("einzelchats", "adressen") for row in found[name])
    known = turn.say("Ich weiß, wie ich unseren Einzelchat in {platform} erreiche.")
    said = [known.format(platform=platform_name(platform)) for platform in chats]
    form = turn.say("Anrede im Einzelchat: {form}")
    said += [
        form.format(form=row["address_form"].capitalize())
        for row in found["anrede_im_einzelchat"]
        if row["address_form"]
    ]
    waiting = await turn.uow.personal.waiting_messages(whose)
    if waiting:
        said.append(turn.say("Nachrichten auf dem Weg zu dir: {count}").format(count=len(waiting)))
    return _listed(said)
