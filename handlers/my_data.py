"""Says what the bot keeps about people, shows it to them, hands it over as JSON and deletes it when they wish."""

import json
from collections.abc import Mapping, Sequence
from datetime import timedelta
from typing import Any

from bot.language import in_words
from bot.messages import Action, Choice, Offer, Reply
from bot.turn import Services, Turn
from handlers import ask, personal
from handlers.ask import split
from handlers.erasing import erase
from handlers.pages import page
from handlers.personal import Found
from storage.models.requests import Answer
from storage.repositories.attendance import DAYS_KEPT
from storage.repositories.personal import Identity
from storage.repositories.routing import LIVE

MY_DATA = "my_data"  # topic of the offers below
AT_ONCE = 12
LONGEST_PART = 6_000
"""Characters of JSON in one message: every platform takes that much, also encrypted."""

# what is kept about everybody


async def explain_privacy(turn: Turn, services: Services) -> Sequence[Action]:
    """Say in plain words what is stored and for how long."""
    return [_explained(turn, services)]


def _explained(turn: Turn, services: Services, part: int = 0) -> Reply:
    house = services.house
    text = turn.say(
        "Ich zähle und bewerte niemanden. Deine Nachricht lösche ich, sobald sie beantwortet ist. Stelle ich dir etwas "
        "zur Auswahl, merke ich mir deine Frage dazu höchstens {offers} Tage. Offene Fragen stehen bis zu "
        "{open_questions} Tage ohne Namen auf einer Liste. Löschst du deine Frage im Chat, lösche ich sie auch dort. "
        "Gebe ich sie weiter, steht dein Name nur dabei, wenn du das willst."
    )
    more = turn.say(
        "Weitergegebene Fragen und Anfragen lösche ich {closed} Tage nach ihrem Ende. Ob eine Antwort passt, speichere "
        "ich ohne Namen, zusammen mit der Formulierung deiner Frage. Schlägst du eine Antwort vor, weiß ich bis zur "
        "Entscheidung, von wem sie kommt. Ein Porträt sehen andere erst, wenn du zustimmst. Tandems merke ich mir "
        "{tandems} Tage. Was niemand anbietet, merke ich mir {unmet_topics} Tage ohne Namen. Nummern von Nachrichten "
        "bleiben {ids} Tage ohne Text."
    )
    meetings = turn.say(
        "Wer zum Jour fixe kommt und dort einen Dienst hat, weiß ich bis {meetings} Tage danach. Stimmen lösche ich "
        "nach der Abstimmung, Aufgaben ein Jahr nach ihrem Ende. Wer mit wem in einer Gruppe war, vergesse ich nach "
        "einem Jahr. Veröffentlichte Protokolle bleiben."
    )
    consultations = turn.say(
        "Was in einer kollegialen Beratung gesagt wird, behalte ich nicht. Notizen bekommt nur, wessen Fall es ist; "
        "danach sind sie gelöscht. Einen Fall kenne ich nur mit neutralem Titel, bis er beraten ist. Wer mit wem "
        "beraten hat, vergesse ich nach einem Jahr."
    )
    last = turn.say(
        "Auswertungen gibt es erst ab fünf Angaben, und nie zu einer Person. Die IT des Hauses könnte den Chat sehen. "
        "Sicherungskopien laufen nach {backups} Tagen ab. „meine daten“ zeigt, was ich über dich weiß."
    )
    kept = house.retention
    days = {
        "offers": kept.offers,
        "open_questions": kept.open_questions,
        "closed": house.kept_days,
        "tandems": kept.tandems,
        "unmet_topics": kept.unmet_topics,
        "ids": kept.ids,
        "meetings": DAYS_KEPT,
        "backups": house.backups_kept_days,
    }
    told = (text, more, meetings, consultations, " ".join((*_here(turn), last)))
    parts = split("\n\n".join(one.format(**days) for one in told))
    following = {"do": "privacy", "part": str(part + 1)}
    offer = Offer(MY_DATA, (Choice("mehr", turn.say("mehr lesen"), following),)) if part + 1 < len(parts) else None
    return Reply(parts[min(part, len(parts) - 1)], offer)


def _here(turn: Turn) -> Sequence[str]:
    """What is stored because of the platform that the conversation is on."""
    platform, _, _ = turn.message.conversation.platform.partition(":")
    if platform == "matrix":
        return [turn.say("Für verschlüsselte Räume merke ich mir die öffentlichen Schlüssel deiner Geräte.")]
    if platform == "teams":
        return [turn.say("Nachrichten in Teams gehen durch Microsoft. Ich merke mir, wie ich unseren Chat erreiche.")]
    return []


# what is kept about the sender


async def show(turn: Turn, services: Services) -> Sequence[Action]:
    """„meine daten“: show all that is kept about the sender, to them alone."""
    return [await _shown(turn, services, 0)]


async def _shown(turn: Turn, services: Services, after: int) -> Reply:
    if not turn.message.conversation.is_direct:
        return _only_alone(turn)
    whose = await personal.identify(turn)
    found = _without_these(await turn.uow.personal.collect(whose))
    lines = await personal.lines(turn, services, whose, found)
    if not lines:
        return _nothing(turn)
    following = page(lines, after, AT_ONCE) or lines[-1:]
    end = after + len(following)
    heading = turn.say("Das habe ich über dich gespeichert:") if after == 0 else turn.say("Weiter:")
    choices = [
        Choice("datei", turn.say("alles als JSON"), {"do": "file"}),
        Choice("löschen", turn.say("alles löschen"), {"do": "ask"}),
    ]
    if end < len(lines):
        choices.insert(0, Choice("mehr", turn.say("mehr"), {"do": "show", "after": str(end)}))
    return Reply("\n".join([heading, *following]), Offer(MY_DATA, tuple(choices)))


def _without_these(found: Found) -> Found:
    """All but the offers below these messages: who only asks what is kept is not told that they asked."""
    return {**found, "auswahlen": [row for row in found["auswahlen"] if row["topic"] != MY_DATA]}


def _only_alone(turn: Turn) -> Reply:
    return Reply(turn.say("Das zeige ich dir gern, aber nur im Einzelchat. Schreib mir dort „meine daten“."))


def _nothing(turn: Turn) -> Reply:
    return Reply(turn.say("Über dich habe ich nichts gespeichert."))


async def hand_over(turn: Turn, services: Services) -> Sequence[Action]:
    """„meine daten als datei“: all of it as JSON, in messages: not every platform takes files."""
    if not turn.message.conversation.is_direct:
        return [_only_alone(turn)]
    exported = await personal.export(turn.uow, await personal.identify(turn))
    if not exported:
        return [_nothing(turn)]
    parts = list(_parts(exported))
    text = turn.say("Hier sind deine Daten als JSON, Teil {place} von {count}:")
    return [
        Reply(f"{text.format(place=place, count=len(parts))}\n\n```json\n{_written(part)}\n```")
        for place, part in enumerate(parts, start=1)
    ]


def _written(values: Any) -> str:
    return json.dumps(values, ensure_ascii=False, indent=1).replace("`", "\\u0060")  # nothing ends the block early


def _parts(exported: Mapping[str, Sequence[Any]]) -> Sequence[dict[str, list[Any]]]:
    """Each one a whole JSON object of at most `LONGEST_PART` characters, unless a single row has more."""
    parts: list[dict[str, list[Any]]] = [{}]
    for name, rows in exported.items():
        for row in rows:
            longer = {**parts[-1], name: [*parts[-1].get(name, []), row]}
            if parts[-1] and len(_written(longer)) > LONGEST_PART:
                parts.append({name: [row]})
            else:
                parts[-1] = longer
    return parts


# deleting it


async def ask_to_delete(turn: Turn, services: Services) -> Sequence[Action]:
    """„meine daten löschen“: say first what that means."""
    if not turn.message.conversation.is_direct:
        return [_only_alone(turn)]
    whose = await personal.identify(turn)
    found = _without_these(await turn.uow.personal.collect(whose))
    if not any(found.values()):
        return [_nothing(turn)]
    heading = turn.say("Das passiert, wenn du deine Daten löschst:")
    lines = [f"- {line}" for line in _consequences(turn, services, whose, found)]
    choices = (
        Choice("ja", turn.say("ja, alles löschen"), {"do": "delete"}),
        Choice("nein", turn.say("nein, nichts ändern"), {"do": "keep"}),
    )
    return [Reply("\n".join([f"{heading}\n", *lines, "", turn.say("Alles löschen?")]), Offer(MY_DATA, choices))]


def _consequences(turn: Turn, services: Services, whose: Identity, found: Found) -> Sequence[str]:
    told = (
        (found["porträt"], turn.say("Dein Porträt verschwindet. Die Suche nennt dich nicht mehr.")),
        (found["eigene_fragen"], turn.say("Deine Fragen ziehe ich überall zurück.")),
        (
            any(row["state"] in LIVE for row in found["übernommene_fragen"]),
            turn.say("Übernommene Fragen gebe ich für dich zurück."),
        ),
        (found["eigene_anfragen"], turn.say("Deine Anfragen ziehe ich zurück.")),
        (_has_agreed(found), turn.say("Bei zugesagten Anfragen suche ich jemand anderen.")),
        (found["person"] and found["person"][0]["role"], turn.say("Deine im Chat vergebene Rolle endet.")),
        (len(whose.accounts) > 1, turn.say("Deine Konten sind dann nicht mehr verknüpft.")),
        (
            found["beratungen"] or found["beratungsrunden"],
            turn.say("Bei kollegialen Beratungen bist du dann nicht mehr dabei."),
        ),
        (found["fälle"], turn.say("Dein Fall ist dann gelöscht. Eine Gruppe dafür kommt nicht zustande.")),
        (found["nachfrage_nach_der_beratung"], turn.say("Nach deinem Fall frage ich dann nicht mehr.")),
        (found["beraten_mit"], turn.say("Mit wem du beraten hast, vergesse ich.")),
        (found["antworten"], turn.say("Antworten bleiben bestehen, aber ohne dich.")),
    )
    backups = turn.say("Sicherungskopien laufen erst nach {days} Tagen ab.")
    return [
        *(line for is_so, line in told if is_so),
        backups.format(days=services.house.backups_kept_days),
        turn.say("Was im Chat selbst steht, kann ich nicht löschen."),
    ]


def _has_agreed(found: Found) -> bool:
    return any(row["answer"] == Answer.ACCEPTED for row in found["gefragt_für_anfragen"])


async def decide(turn: Turn, services: Services) -> Sequence[Action]:
    """Do what was chosen below one of these messages."""
    data = ask.chosen(turn)
    match data["do"]:
        case "privacy":
            return [_explained(turn, services, int(data["part"]))]
        case "file":
            return await hand_over(turn, services)
        case "ask":
            return await ask_to_delete(turn, services)
        case "delete":
            return await delete(turn, services)
        case "keep":
            return [Reply(turn.say("Gut, es bleibt alles, wie es ist."))]
    return [await _shown(turn, services, int(data.get("after", 0)))]


async def delete(turn: Turn, services: Services) -> Sequence[Action]:
    """Delete all that is kept about the sender, tell whom it concerns, and report."""
    whose = await personal.identify(turn)
    found = await turn.uow.personal.collect(whose)
    told = await erase(turn, services, whose)
    return [Reply(_report(turn, services, whose, found)), *told]


def _report(turn: Turn, services: Services, whose: Identity, found: Found) -> str:
    names = (
        ("person", turn.say("Name")),
        ("konten", turn.say("Konten")),
        ("porträt", turn.say("Porträt")),
        ("eigene_fragen", turn.say("Fragen")),
        ("übernommene_fragen", turn.say("übernommene Fragen")),
        ("eigene_anfragen", turn.say("Anfragen")),
        ("gefragt_für_anfragen", turn.say("Zusagen")),
        ("tandems", turn.say("Tandems")),
        ("beratungen", turn.say("Plätze in Beratungen")),
        ("beratungsrunden", turn.say("Anmeldungen zu Beratungen")),
        ("fälle", turn.say("Fälle")),
        ("nachfrage_nach_der_beratung", turn.say("Nachfrage zum Fall")),
        ("beraten_mit", turn.say("frühere Beratungen")),
        ("gelernte_formulierungen", turn.say("gelernte Formulierungen")),
        ("antworten", turn.say("Aufgaben bei Antworten")),
        ("auswahlen", turn.say("offene Auswahlen")),
        ("codes", turn.say("Codes")),
        ("einzelchats", turn.say("Einzelchats")),
    )
    deleted = [name for key, name in names if found[key]]
    parts = [turn.say("Gelöscht: {what}.").format(what=", ".join(deleted))]
    day = in_words(turn.today + timedelta(days=services.house.backups_kept_days))
    parts.append(turn.say("Die letzte Sicherungskopie davon läuft am {day} ab.").format(day=day))
    parts.append(turn.say("Was ohne Namen gelernt wurde, kann ich niemandem mehr zuordnen. Das bleibt."))
    if found["einzelchats"]:
        parts.append(turn.say("Schreibst du mir als Lots:in wieder, merke ich mir unseren Einzelchat neu."))
    return " ".join(parts)
