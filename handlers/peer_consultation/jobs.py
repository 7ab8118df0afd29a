"""What the bot can do about peer consultation: a part of the one list, `handlers.table`."""

from collections.abc import Callable, Mapping

from bot.commands import Command
from bot.roles import Role
from bot.router import Job
from bot.turn import Errand, Handler, Opened, Report
from handlers.jour_fixe.jobs import among_supporters
from handlers.peer_consultation import (
    arrivals,
    call_changes,
    call_closing,
    call_drafts,
    calls,
    case_choice,
    cases,
    casting,
    closing,
    date_answers,
    date_changes,
    date_notices,
    date_polls,
    date_sentences,
    dates,
    explanation,
    feedback,
    follow_ups,
    formats,
    gathering,
    joining,
    key_question,
    line_managers,
    method_choice,
    methods,
    notes,
    nudges,
    own_case,
    phase_posts,
    promises,
    reserves,
    round_help,
    rounds,
    steering,
    stepping_back,
    talk,
    time_boxes,
    turnout,
    waiting_cases,
    written,
)

CALL_JOBS = (
    Job(
        Command(
            "beratungen",
            (
                "kollegiale beratung",
                "kollegiale beratungen",
                "fallberatung",
                "intervision",
                "offene beratungen",
                "beratungsrunden",
                "wann ist die nächste kollegiale beratung",
                "wann ist kollegiale beratung",
                "wann ist die nächste beratung",
                "wann ist die beratung",
                "wann ist die beratung jetzt",
                "wann geht es los mit der beratung",
                "meine beratung",
                "meine beratungen",
            ),
            "Kollegiale Beratung: was ansteht und wie man mitmacht.",
            role=Role.SUPPORTER,
        ),
        joining.show,
    ),
    Job(
        Command(
            "beratungsrunde",
            ("neue beratungsrunde", "runde ausrufen", "kollegiale beratung ausrufen"),
            "Eine Runde ausrufen: „kollegiale Beratung in KW 50“. „runde verlängern“ und „runde absagen“ ändern sie.",
            role=Role.COORDINATOR,
        ),
        calls.begin_new,
    ),
    Job(
        Command(
            "fall",
            summary="Einen eigenen Fall für die kollegiale Beratung vormerken. „mein fall“ zeigt ihn.",
            takes_text=True,
            role=Role.SUPPORTER,
        ),
        cases.begin,
    ),
    Job(
        Command(
            "mein fall",
            (
                *("meinen fall zeigen", "meinen fall ändern", "fall ändern"),
                *("fall zurückziehen", "meinen fall zurückziehen", "fall löschen", "meinen fall löschen"),
            ),
        ),
        cases.show_own,
    ),
    Job(
        Command("beratung abmelden", ("von der beratung abmelden", "von der kollegialen beratung abmelden")),
        joining.leave_named,
    ),
)
CALL_CHOOSERS: Mapping[str, Handler] = {
    call_drafts.CALL: calls.go_on,
    call_changes.CHANGE: call_changes.decide,
    rounds.ROUND: joining.decide,
    joining.WHICH: joining.choose,
    line_managers.LINE: line_managers.take,
    own_case.CASE: cases.go_on,
    own_case.OWN: cases.go_on,
}
CALL_READINGS = (
    (call_changes.is_change, call_changes.change),
    (calls.is_call, calls.take_sentence),
    (cases.is_case, cases.begin_said),
    (joining.is_joining, joining.take_sentence),
    (turnout.is_asked, turnout.tell),
)
LIVE_JOBS = (
    Job(Command("nächste phase", ("weiter", "phase weiter"), is_bare=True), steering.go_on),
    Job(
        Command(
            "mehr zeit für die phase",
            ("mehr", "mehr zeit", "verlängern", "5 minuten mehr", "fünf minuten mehr", "noch 5 minuten"),
            is_bare=True,
        ),
        steering.command("mehr"),
    ),
    Job(
        Command("beratung pause", ("pause", "kurze pause", "wir machen pause"), is_bare=True),
        steering.command("pause"),
    ),
    Job(
        Command("vorige phase", ("zurück", "eine phase zurück"), is_bare=True),
        steering.command("zurück"),
    ),
    Job(
        Command("stand", ("wo sind wir", "wie lange noch", "welche phase", "wer macht was")), steering.command("stand")
    ),
    Job(
        Command("beratung beenden", ("ende", "schluss", "runde beenden"), is_bare=True),
        steering.command("ende"),
    ),
    Job(Command("frage finden", ("die frage finden",)), steering.command("finden")),
    Job(
        Command("fall", ("ich habe einen fall", "ich hätte einen fall", "ich hab einen fall"), is_bare=True),
        steering.have_case,
    ),
    Job(Command("aufgabe abgeben", ("ich moderiere nicht mehr", "ich schreibe nicht mehr mit")), steering.give_up()),
    *(Job(Command(f"{word} abgeben"), steering.give_up(word)) for word in casting.WORDS),
    Job(Command("frage", ("schlüsselfrage",), takes_text=True), key_question.take),
    *(Job(Command(word, casting.PHRASES[word], is_bare=True), steering.wish(word)) for word in casting.WORDS),
    Job(Command("start", ("ohne die anderen beginnen",), is_bare=True), promises.start),
    Job(stepping_back.COMMAND, stepping_back.begin),
    Job(Command("hilfe", ("help", "was kannst du", "was geht hier")), round_help.explain),
)
LIVE_CHOOSERS: Mapping[str, Handler] = {
    phase_posts.LIVE: steering.decide,
    casting.CASTING: steering.decide_casting,
    casting.SWAP: steering.decide_swap,
    casting.NOTING: steering.decide_noting,
    case_choice.CASE: steering.decide_case,
}
FORMAT_JOBS = (
    Job(formats.LIST, among_supporters(formats.show_all)),
    Job(formats.ONE, among_supporters(formats.show_one)),
    Job(explanation.COMMAND, among_supporters(explanation.explain)),
)
WRITTEN_JOBS = (
    Job(nudges.FINISH, among_supporters(nudges.finish)),
    Job(nudges.REMINDERS, among_supporters(nudges.set_reminders)),
)
FORMAT_CHOOSERS: Mapping[str, Handler] = {
    formats.FORMAT: formats.choose,
    explanation.EXPLAINED: explanation.choose,
    methods.METHOD: method_choice.choose,
    nudges.NUDGE: nudges.decide,
}
PLACE_JOBS = (
    Job(
        Command(
            "beratung verschieben",
            ("beratung verlegen", "kollegiale beratung verschieben", "die beratung verschieben"),
            "Alle nach einem anderen Termin fragen: „beratung verschieben auf 10.12. um 14 uhr“.",
            takes_text=True,
            takes_words=10,
            role=Role.SUPPORTER,
        ),
        among_supporters(date_changes.move),
    ),
    Job(
        Command("vertraulich", ("versprochen", "vertraulich versprochen", "ist vertraulich", *promises.SAID)),
        among_supporters(promises.promise),
    ),
)
DATE_JOBS = (
    Job(Command("beratung", numbered=True), among_supporters(gathering.bind)),
    Job(Command("dazukommen", ("ich möchte dazukommen", "noch dazukommen")), among_supporters(arrivals.come_late)),
)
DATE_CHOOSERS: Mapping[str, Handler] = {
    date_polls.DATES: date_answers.decide,
    date_notices.COMING: date_changes.decide_coming,
    stepping_back.STEPPING: stepping_back.decide,
    promises.PROMISE: promises.decide,
    arrivals.ARRIVAL: arrivals.decide,
}
DATE_READINGS = (
    (stepping_back.is_stepping_back, stepping_back.begin),
    (date_sentences.names_times, date_answers.take_sentence),
    (date_sentences.names_days, date_answers.take_sentence),
    (date_sentences.is_moment, date_answers.take_moment),
    (date_sentences.names_weekdays, stepping_back.take_days),
    (date_sentences.changes_numbers, stepping_back.take_days),
)
GROUP_CHOOSERS: Mapping[str, Handler] = {reserves.RESERVE: reserves.decide, reserves.LATE: reserves.decide_late}
TALK_JOBS = (
    Job(notes.NOTE, among_supporters(notes.note)),
    Job(notes.LIST, among_supporters(notes.show)),
    Job(notes.UNDO, among_supporters(notes.undo)),
    Job(talk.LEAVE, among_supporters(talk.leave)),
)
TALK_CHOOSERS: Mapping[str, Handler] = {
    talk.TALK: talk.decide,
    closing.CLOSING: closing.decide,
    closing.FOLLOW_UP: follow_ups.decide,
    feedback.FEEDBACK: feedback.take,
}
COMPANION, WITHDRAWER = talk.hear, talk.withdraw
JOBS: tuple[Job, ...] = (
    *CALL_JOBS,
    *DATE_JOBS,
    *PLACE_JOBS,
    *FORMAT_JOBS,
    *TALK_JOBS,
    *WRITTEN_JOBS,
    Job(feedback.COMMAND, feedback.show),
    Job(
        Command("stand der beratung", ("wo sind wir", "wie lange noch", "welche phase")),
        among_supporters(steering.command("stand")),
    ),
)
ROUND_JOBS: tuple[Job, ...] = (*LIVE_JOBS, *PLACE_JOBS, *TALK_JOBS, *WRITTEN_JOBS)
"""What is understood where a group talks, and nothing else: the rest is said to each other."""
CHOOSERS: Mapping[str, Handler] = {
    **CALL_CHOOSERS,
    **DATE_CHOOSERS,
    **FORMAT_CHOOSERS,
    **GROUP_CHOOSERS,
    **LIVE_CHOOSERS,
    **TALK_CHOOSERS,
}
ANSWERS: Mapping[str, Callable[[str], bool]] = {
    line_managers.LINE: line_managers.may_be_answer,
    own_case.OWN: cases.may_be_change,
    call_drafts.CALL: calls.may_be_correction,
    date_polls.DATES: date_sentences.may_be_answer,
    date_notices.COMING: stepping_back.may_be_answer,
}
DRAFTS = frozenset({own_case.CASE, call_drafts.CALL})
READINGS: tuple[tuple[Callable[[str], bool], Handler], ...] = (
    (nudges.is_about_reminders, nudges.set_reminders),
    (formats.is_about_one, among_supporters(formats.explain)),
    (explanation.is_about, explanation.take_sentence),
    *DATE_READINGS,
    *CALL_READINGS,
)
ERRANDS: tuple[Errand, ...] = (follow_ups.ask, waiting_cases.look_after, closing.forget)
TICKS: tuple[Errand, ...] = (
    call_closing.look_after,
    dates.look_after,
    gathering.look_after,
    reserves.look_after,
    time_boxes.keep_time,
    written.keep_pace,
    closing.close_due,
)
PORTER: Handler = arrivals.receive
OPENED: Opened = gathering.opened
REPORT: Report = gathering.report
