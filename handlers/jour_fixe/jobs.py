"""What the bot can do about the jour fixe: a part of the one list, `handlers.table`."""

from collections.abc import Sequence
from dataclasses import replace

from bot.commands import Command, free_text
from bot.messages import Action
from bot.roles import Role
from bot.router import Job
from bot.turn import Handler, Services, Turn
from handlers import ask
from handlers.jour_fixe import (
    agenda,
    agenda_changes,
    attendance,
    calendars,
    carrying,
    collisions,
    coming,
    decisions,
    ending,
    half_groups,
    live,
    live_posts,
    meetings,
    minutes,
    noting,
    planning,
    preparation,
    publishing,
    rota,
    swaps,
    tasks,
    templates,
    time_boxes,
    topic_cards,
    topic_details,
    topic_proposals,
    topics,
    voting,
    worth,
)
from handlers.jour_fixe import overview as jour_fixe
from handlers.jour_fixe.coming_sentences import is_about_coming
from handlers.jour_fixe.duty_sentences import is_about_duties
from knowledge.minute_sentences import holds_results, is_loosely_labelled
from knowledge.topic_sentences import is_topic, is_wish


def among_supporters(handler: Handler) -> Handler:
    """From staff, who have no jour fixe, words like „protokoll“ and „gruppen“ are a question like others."""

    async def handle(turn: Turn, services: Services) -> Sequence[Action]:
        if turn.role < Role.SUPPORTER:
            return await ask.ask(replace(turn, text=free_text(turn.message.text)), services)
        return await handler(turn, services)

    return handle


JOBS = (
    Job(
        Command(
            "themen",
            ("themenspeicher", "jour fixe themen", "themen für den jour fixe"),
            "Was für den nächsten Jour fixe vorgemerkt ist. „thema: …“ merkt etwas vor.",
            role=Role.SUPPORTER,
        ),
        topics.list_topics,
    ),
    Job(topics.COMMAND, topics.add_topic),
    Job(
        Command(
            "jour fixe",
            (
                "jf",
                "der jour fixe",
                "nächster jour fixe",
                "nächster jf",
                "wann ist der nächste jour fixe",
                "wann ist jour fixe",
                "wann ist der jour fixe",
                "wann treffen wir uns",
            ),
            "Wann und wo der nächste ist. Die Koordination plant: „jour fixe alle 2 Wochen dienstags 14 Uhr“.",
            role=Role.SUPPORTER,
        ),
        jour_fixe.show,
    ),
    Job(
        Command("neuer jour fixe", ("jour fixe planen", "plane einen jour fixe", "neuen jour fixe planen")),
        jour_fixe.plan_new,
    ),
    Job(Command("jour fixe ändern", ("ändere den jour fixe", "jf ändern", "den jour fixe ändern")), jour_fixe.change),
    Job(
        Command(
            "jour fixe einstellen",
            (
                "jour fixe auflösen",
                "jf einstellen",
                "keine weiteren termine",
                "keine weiteren termine mehr",
                "reihe beenden",
            ),
        ),
        jour_fixe.stop,
    ),
    Job(
        Command(
            "termine",
            ("alle termine", "jour fixe termine", "termine zeigen", "nächste termine", "termine des jour fixe"),
            "Die nächsten Termine. „termin 3.12. fällt aus“ oder „termin 3.12. verschieben auf 10.12.“ ändert einen.",
            takes_text=True,
            takes_words=2,
            role=Role.SUPPORTER,
        ),
        meetings.list_meetings,
    ),
    Job(
        Command(
            "vorlage",
            ("vorlage zeigen", "vorlage der tagesordnung", "feste punkte"),
            "Die festen Punkte jeder Tagesordnung: „vorlage: Ankommen 5, Themen, Abschluss 5“.",
            takes_text=True,
            role=Role.COORDINATOR,
        ),
        templates.show_or_change,
    ),
    Job(
        Command(
            "jour fixe starten",
            (
                "starten",
                "los",
                "jf starten",
                "los geht s",
                "los gehts",
                "wir fangen an",
                "wir beginnen",
                "jour fixe beginnen",
                "starte den jour fixe",
            ),
            "Durch den Jour fixe führen: „weiter“, „mehr zeit“, „vertagen“, „jour fixe beenden“.",
            role=Role.SUPPORTER,
        ),
        live.start,
    ),
    Job(
        Command("nächster punkt", ("weiter", "nächstes thema", "nächster top", "jour fixe weiter"), is_bare=True),
        live.go_on,
    ),
    Job(
        Command(
            "mehr zeit",
            ("verlängern", "5 minuten mehr", "fünf minuten mehr", "noch 5 minuten", "noch fünf minuten"),
            is_bare=True,
        ),
        live.give_time,
    ),
    Job(Command("vertagen", ("thema vertagen", "das vertagen wir"), is_bare=True), live.adjourn),
    Job(Command("jour fixe pause", ("kurze pause", "wir machen pause"), is_bare=True), live.pause),
    Job(Command("voriger punkt", ("zurück", "einen punkt zurück", "voriges thema"), is_bare=True), live.go_back),
    Job(Command("jour fixe beenden", ("jour fixe ende", "ende", "schluss"), is_bare=True), jour_fixe.end),
    Job(
        Command(
            "dienste",
            (
                "rota",
                "dienst",
                "mein dienst",
                "aufgaben verteilt",
                "wer hat welche aufgabe",
                "wer macht was",
                "wer macht was im jour fixe",
            ),
            "Wer beim nächsten Jour fixe moderiert und Protokoll führt.",
            role=Role.SUPPORTER,
        ),
        among_supporters(swaps.show),
    ),
    Job(Command("moderation", is_bare=True), among_supporters(swaps.show)),
    Job(
        Command(
            "gruppen",
            ("halbgruppen", "meine gruppe", "in welcher gruppe bin ich", "gruppen zeigen"),
            "Wer beim nächsten Jour fixe in welcher Gruppe ist.",
            role=Role.SUPPORTER,
        ),
        among_supporters(half_groups.show),
    ),
    Job(
        Command("gruppen neu", ("gruppen neu mischen", "neue gruppen", "halbgruppen neu"), role=Role.COORDINATOR),
        half_groups.split_anew,
    ),
    Job(
        Command(
            "kalender",
            ("kalenderdatei", "kalender abonnieren", "jour fixe in meinen kalender", "termine in meinen kalender"),
            "Den Jour fixe im eigenen Kalender haben.",
            takes_text=True,
            takes_words=1,
            role=Role.SUPPORTER,
        ),
        calendars.show,
    ),
    Job(
        Command(
            "tagesordnung schließen",
            ("agenda schließen", "schließe die tagesordnung", "abstimmung schließen", "abstimmung beenden"),
            "Die Abstimmung beenden. „noch offen lassen“ gibt mehr Zeit.",
            role=Role.COORDINATOR,
        ),
        agenda_changes.close,
    ),
    Job(
        Command("abstimmung starten", ("starte die abstimmung", "abstimmung beginnen", "abstimmung öffnen")),
        agenda_changes.open_vote,
    ),
    Job(
        Command("noch offen lassen", ("tagesordnung offen lassen", "abstimmung offen lassen", "offen lassen")),
        agenda_changes.keep_open,
    ),
    Job(
        Command("abstimmen", ("abstimmung", "themen abstimmen", "ich möchte abstimmen", "über themen abstimmen")),
        voting.begin,
    ),
    Job(
        Command(
            "tagesordnung",
            ("agenda", "tagesordnung zeigen", "zeig die tagesordnung", "was steht auf der tagesordnung"),
            "Was im Jour fixe dran ist. „abstimmen“ sagt, was zuerst kommt.",
            takes_text=True,
            takes_words=3,
            role=Role.SUPPORTER,
        ),
        agenda_changes.show,
    ),
    Job(
        Command(
            "beschlüsse",
            ("beschlüsse zeigen", "alle beschlüsse", "was haben wir beschlossen"),
            "Was beschlossen wurde: „beschlüsse: E-Rechnung“.",
            takes_text=True,
            role=Role.SUPPORTER,
        ),
        decisions.look_back,
    ),
    Job(
        Command(
            "beschluss",
            summary="Fürs Protokoll: „Beschluss: …“, „Aufgabe: wer, was, bis wann“, „Info: …“, „Idee: …“, „Offen: …“.",
            takes_text=True,
            role=Role.SUPPORTER,
        ),
        among_supporters(noting.capture),
    ),
    *(
        Job(Command(word, takes_text=True), among_supporters(noting.capture))
        for word in ("aufgabe", "info", "idee", "offen")
    ),
    Job(
        Command(
            "protokoll",
            (
                "protokolle",
                "protokoll zeigen",
                "zeig das protokoll",
                "letztes protokoll",
                "protokoll ändern",
                "protokoll freigeben",
                "protokoll veröffentlichen",
                "protokoll fertig",
                "protokoll ist fertig",
                "das protokoll ist fertig",
                "freigeben",
            ),
            "Das letzte Protokoll. „protokoll 3.12.“ zeigt ein früheres, „einwand: …“ sagt, was nicht stimmt.",
            takes_text=True,
            role=Role.SUPPORTER,
        ),
        among_supporters(minutes.show),
    ),
    Job(Command("einwand", takes_text=True), publishing.object_to),
    Job(
        Command(
            "aufgaben",
            ("meine aufgaben", "offene aufgaben", "was muss ich tun", "was habe ich zu tun"),
            "Deine Aufgaben aus dem Jour fixe: erledigt, mehr Zeit oder abgeben.",
            role=Role.SUPPORTER,
        ),
        among_supporters(tasks.list_tasks),
    ),
    Job(Command("alle aufgaben", ("alle offenen aufgaben", "aufgaben der runde")), tasks.list_all),
)
CHOOSERS = {
    attendance.COMING: coming.decide,
    rota.DUTY: swaps.decide,
    topic_proposals.TOPIC: topics.decide,
    jour_fixe.SERIES: jour_fixe.decide,
    planning.PLAN: planning.go_on,
    ending.ENDING: ending.decide,
    templates.TEMPLATE: templates.choose,
    collisions.COLLISION: collisions.decide,
    meetings.MEETING: meetings.decide,
    topic_cards.DETAIL: topic_details.decide,
    agenda.VOTE: voting.take,
    agenda_changes.CHANGE: agenda_changes.decide,
    preparation.EMPTY: preparation.decide_empty,
    live_posts.LIVE: live.decide,
    carrying.HELD: carrying.decide,
    decisions.DECISIONS: decisions.read_on,
    decisions.ANSWER: decisions.decide,
    worth.WORTH: worth.take,
    noting.NOTED: noting.decide,
    publishing.MINUTES: minutes.decide,
    tasks.TASK: tasks.decide,
}
ANSWERS = {carrying.HELD: carrying.names_places, planning.PLAN: planning.may_be_answer}
READINGS = (
    (holds_results, among_supporters(noting.capture)),
    (minutes.is_asked_for, among_supporters(minutes.show)),
    (meetings.is_change, meetings.change),
    (jour_fixe.is_about_series, jour_fixe.take_sentence),
    (jour_fixe.asks_when, jour_fixe.show),
    (agenda_changes.is_change, agenda_changes.change),
    (live.names_item, live.go_to),
    (voting.is_about_vote, voting.take_sentence),
    (topic_details.is_about_one, topic_details.change_said),
    (is_topic, topics.add_topic),
    (topics.is_about_mine, topics.change_mine),
    (is_wish, topics.propose_wished),
    (topics.is_bare_topic, topics.propose_bare),
    (decisions.asks_for_decisions, decisions.look_back),
    (is_about_duties, swaps.take_sentence),
    (is_about_coming, coming.take_sentence),
    (is_loosely_labelled, noting.capture_loosely),
)
ERRANDS = (
    collisions.plan_ahead,
    collisions.ask,
    rota.turn_queues,
    half_groups.adjust_all,
    decisions.offer_answers,
    minutes.look_after,
    tasks.look_after,
)
TICKS = (
    preparation.look_after,
    rota.look_after,
    half_groups.look_after,
    time_boxes.keep_time,
    carrying.ask_whether_held,
    worth.ask,
)
