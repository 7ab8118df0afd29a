"""The one list of what the bot can do, in help order."""

from bot.commands import Command
from bot.messages import Sought
from bot.roles import Role
from bot.router import Job, Table
from handlers import (
    accounts,
    ask,
    browse,
    capture,
    codes,
    curate,
    department,
    deputies,
    drafts,
    duplicates,
    edit,
    feedback,
    figures,
    find,
    gap_answers,
    gaps,
    help,
    history,
    intake,
    introductions,
    invitations,
    membership,
    my_data,
    open_questions,
    outdated,
    portrait_changes,
    portraits,
    proposals,
    relay,
    request_cards,
    rooms,
    routing,
    show,
    solving,
    support_requests,
    supporters,
    taking,
    unmet_topics,
    waiting,
)
from handlers.jour_fixe import jobs, live
from handlers.peer_consultation import jobs as consultations
from handlers.self_reports import is_about_me
from knowledge.requesting import asks_for_support
from knowledge.seeking import seeks_person

GREETINGS = (
    "hallo", "hi", "hey", "moin", "moin moin", "servus", "guten morgen", "guten tag", "guten abend", "grüß gott",
    "hallo zusammen", "tag", "mahlzeit", "hallo lotsenfunk", "hello", "good morning",
)  # fmt: skip
THANKS = (
    "danke dir", "danke schön", "dankeschön", "vielen dank", "besten dank", "herzlichen dank", "danke sehr", "merci",
    "ok danke", "super danke", "alles klar danke", "alles klar", "thanks", "thank you", "vielen lieben dank", "ok",
)  # fmt: skip
OTHERS_ASKED = (
    "wissenslücke", "lücken", "was fehlt", "zeig mir die wissenslücken", "was haben andere gefragt",
    "was haben die anderen gefragt", "was andere gefragt haben", "zeig mir was andere gefragt haben",
    "zeig mir die fragen der anderen", "zeig mir die fragen von anderen", "wer hat was gefragt",
)  # fmt: skip
LEAVING = (
    "aussteigen", "ich möchte aussteigen", "ich will aussteigen", "ich höre auf", "ich möchte aufhören",
    "ich will aufhören", "ich möchte keine lotsin mehr sein", "ich möchte kein lotse mehr sein",
)  # fmt: skip
MEMBERS = (
    "lotsen", "lotsinnen", "lotsinnen und lotsen", "lots in", "alle lotsen", "alle lots innen", "wer ist lotse",
    "liste der lotsen", "liste der lots innen", "wer sind die lotsen", "wer sind die lots innen",
)  # fmt: skip
BARE_CHOICES = ("ja", "keine", "löschen", *sorted(help.NOTHING), *"123456789")

CODE_DESK = accounts.CodeDesk()

FOR_EVERYBODY = (
    Job(Command("frage", summary="Frage stellen. Ein einfacher Satz genügt.", takes_text=True), ask.ask),
    Job(
        Command(
            "veraltet",
            ("stimmt nicht mehr", "stimmt nicht", "ist veraltet", "gilt nicht mehr", "ist falsch"),
            "Eine Antwort melden: „214 veraltet“.",
            takes_text=True,
            numbered=True,
        ),
        outdated.take_report,
    ),
    Job(
        Command("meine fragen", ("meine frage", "stand"), "Wie weit deine weitergegebenen Fragen sind."),
        solving.list_own,
    ),
    Job(
        Command(
            "wer",
            ("wer hilft", "wer kennt sich aus"),
            "Wer hilft wobei: „wer kennt sich mit Kanban aus?“",
            takes_text=True,
        ),
        supporters.find_named,
    ),
    Job(
        Command(
            "unterstützung anfragen",
            ("unterstützung", "anfrage stellen", "neue anfrage", "unterstützung suchen", "ich möchte etwas anfragen"),
            "Jemanden für Workshop, Vortrag oder Projekt anfragen.",
        ),
        intake.begin,
    ),
    Job(Command("anfrage", takes_text=True, numbered=True), support_requests.begin_or_show),
    Job(
        Command(
            "anfragen",
            ("meine anfragen", "meine anfrage", "stand der anfragen", "stand meiner anfrage"),
            "Deine Anfragen und die, die bei dir sind. „anfrage 3“ zeigt eine.",
        ),
        support_requests.list_own,
    ),
    Job(
        Command("gelöst", ("ist gelöst", "erledigt", "hat sich erledigt"), numbered=True, is_for_threads=True),
        solving.solve_named,
    ),
)
FOR_SUPPORTERS = (
    Job(
        Command(
            "übernehmen",
            ("ich übernehme", "übernehme ich", "ich mache das", "nehme ich"),
            "Eine Frage übernehmen: „17 übernehmen“. Auch „17 zurückgeben“ oder „17 weitergeben“.",
            numbered=True,
            role=Role.SUPPORTER,
            is_for_threads=True,
        ),
        taking.take_named,
    ),
    Job(
        Command("zurückgeben", ("gebe ich zurück", "ich gebe zurück"), numbered=True, is_for_threads=True),
        taking.give_back_named,
    ),
    Job(
        Command("weitergeben", ("jemand anderen fragen", "ich kenne jemanden"), numbered=True, is_for_threads=True),
        taking.hand_on_named,
    ),
    Job(
        Command("beantworten", ("antwort",), takes_text=True, numbered=True, is_for_threads=True),
        relay.answer_named,
    ),
    Job(
        Command("unterwegs", ("gesuchte fragen",), "Fragen, die auf jemanden warten.", role=Role.SUPPORTER),
        taking.list_on_the_way,
    ),
    Job(
        Command(
            "porträt",
            ("mein porträt", "portrait", "mein portrait", "profil", "mein profil", "porträt ändern"),
            "Dein Porträt: wobei du hilfst. Ein Satz wie „pause bis 15. Januar“ ändert es.",
            role=Role.SUPPORTER,
        ),
        portraits.show_own,
    ),
    Job(Command("porträt zeigen", ("mein porträt zeigen", "zeig mein porträt")), portraits.reveal_own),
    Job(Command("porträt verbergen", ("mein porträt verbergen", "verbirg mein porträt")), portraits.hide_own),
    Job(Command("porträt löschen", ("mein porträt löschen", "lösche mein porträt")), portraits.ask_to_delete),
    Job(
        Command("offene fragen", ("welche fragen sind offen",), "Fragen ohne Antwort.", role=Role.SUPPORTER),
        open_questions.list_open,
    ),
    Job(
        Command("wissenslücken", OTHERS_ASKED, "Fragen ohne Antwort, nach Themen.", role=Role.SUPPORTER),
        gaps.list_gaps,
    ),
    Job(capture.COMMAND, capture.remember),
    Job(
        Command(
            "wissen",
            ("antworten", "liste", "alle antworten"),
            "Antworten nach Stichwort. „12 zeigen“ zeigt eine ganz.",
            takes_text=True,
            takes_words=3,
            role=Role.SUPPORTER,
        ),
        browse.list_entries,
    ),
    Job(Command("zeigen", ("zeige", "zeig", "anzeigen", "ansehen"), numbered=True), show.show_named),
)
FOR_CURATORS = (
    Job(
        Command("entwürfe", ("offene entwürfe",), "Was auf eine Freigabe wartet.", role=Role.CURATOR),
        drafts.list_waiting,
    ),
    Job(Command("entwurf", ("entwurf zeigen",), numbered=True), drafts.show_draft),
    Job(
        Command(
            "ändern",
            ("bearbeiten", "ändere"),
            "„12 ändern“, „12 gilt noch“, „12 verlauf“ oder „12 zurückziehen“.",
            numbered=True,
            role=Role.CURATOR,
        ),
        edit.change,
    ),
    Job(
        Command("gilt noch", ("prüfen", "geprüft", "gilt weiter", "stimmt noch", "stimmt"), numbered=True),
        curate.confirm_named,
    ),
    Job(Command("zurückziehen", ("zurücknehmen",), numbered=True), curate.retire_named),
    Job(Command("wiederherstellen", ("wieder zeigen",), numbered=True), curate.reinstate_named),
    Job(Command("verlauf", ("fassungen", "versionen"), numbered=True), history.list_versions),
    Job(Command("zurückholen", ("hole zurück",), takes_text=True, numbered=True), history.restore_named),
    Job(
        Command("dubletten", ("doppelte", "doppelte antworten"), "Antworten auf dieselbe Frage.", role=Role.CURATOR),
        duplicates.list_duplicates,
    ),
)
FOR_COORDINATORS = (
    Job(
        Command("auswertung", ("zahlen",), "Wie viel gefragt wird, nie von wem.", role=Role.COORDINATOR),
        figures.show,
    ),
    Job(
        Command(
            "einladen",
            ("einladung", "jemanden einladen", "lotsen einladen", "lots innen einladen"),
            "Jemanden als Lots:in oder in die Redaktion einladen. „einladungen“ zeigt die offenen.",
            role=Role.COORDINATOR,
        ),
        invitations.invite,
    ),
    Job(
        Command(
            "themen ohne lots:innen",
            ("themen ohne lotsen", "themen ohne lotsinnen", "fehlende themen", "wozu fehlt jemand"),
            "Was gesucht wurde und niemand nennt.",
            role=Role.COORDINATOR,
        ),
        unmet_topics.list_unmet,
    ),
    Job(Command("einladungen", ("offene einladungen",)), invitations.list_open),
)
ABOUT_ONESELF = (
    Job(
        Command("lots:innen", MEMBERS, "Wer dazugehört, nach dem Alphabet.", role=Role.SUPPORTER),
        membership.list_members,
    ),
    Job(
        Command("aufhören", LEAVING, "Weitermachen, pausieren oder aussteigen.", role=Role.SUPPORTER),
        membership.ask_to_leave,
    ),
    Job(
        Command(
            "fachbereich",
            ("mein fachbereich",),
            "Deinen Fachbereich nennen: „fachbereich: Sozialamt“.",
            takes_text=True,
        ),
        department.take,
    ),
    Job(
        Command("fachbereich löschen", ("meinen fachbereich löschen", "fachbereich vergessen")),
        department.forget,
    ),
    Job(
        Command(
            "verknüpfen",
            ("konto verknüpfen", "konten verknüpfen", "mein konto verknüpfen", "verknüpfe mein konto"),
            "Deine Konten in Matrix und Teams zusammenlegen. „konten“ zeigt sie.",
        ),
        accounts.give_code,
    ),
    Job(Command("code", takes_text=True, takes_words=3), CODE_DESK.take),
    Job(Command("konten", ("meine konten", "verknüpfte konten", "verknüpfungen")), accounts.list_accounts),
    Job(
        Command("verknüpfung lösen", ("verknüpfung aufheben", "verknüpfung trennen", "verknüpfung löschen")),
        accounts.ask_to_unlink,
    ),
)
AROUND = (
    Job(rooms.COMMAND, rooms.show),
    Job(rooms.ADDRESS_COMMAND, rooms.choose_address),
    Job(Command("datenschutz", ("privacy", "was speicherst du"), "Was ich speichere."), my_data.explain_privacy),
    Job(
        Command("meine daten", ("was weißt du über mich", "meine daten zeigen"), "Was ich über dich weiß."),
        my_data.show,
    ),
    Job(
        Command("meine daten als datei", ("meine daten exportieren", "meine daten als json", "datenauskunft")),
        my_data.hand_over,
    ),
    Job(
        Command("meine daten löschen", ("lösche meine daten", "alle meine daten löschen")),
        my_data.ask_to_delete,
    ),
    Job(Command("hilfe", ("help", "was kannst du", "was kann ich fragen"), "Diese Übersicht."), help.explain),
    Job(Command("hallo", GREETINGS), help.greet),
    Job(Command("danke", THANKS), help.take_thanks),
    Job(Command("auswahl", BARE_CHOICES, is_bare=True), help.take_bare_choice),
)

TABLE = Table(
    jobs=(
        *FOR_EVERYBODY,
        *FOR_SUPPORTERS,
        *jobs.JOBS,
        *consultations.JOBS,
        *FOR_CURATORS,
        *FOR_COORDINATORS,
        *ABOUT_ONESELF,
        *AROUND,
    ),
    choosers={
        **jobs.CHOOSERS,
        **consultations.CHOOSERS,
        ask.ANSWER: feedback.take_feedback,
        ask.CHOICE: feedback.show_chosen,
        ask.OPEN: solving.decide_open,
        help.HELP: help.read_on,
        routing.ROUTING: taking.decide,
        routing.ASKED: solving.decide,
        taking.ROUTED_ANSWER: relay.take_answer,
        solving.KEEP: solving.keep,
        supporters.FOUND: supporters.decide,
        unmet_topics.UNMET: unmet_topics.decide,
        open_questions.OPEN_QUESTIONS: open_questions.read_on,
        gaps.GAP: gaps.decide,
        gap_answers.ANSWER: gap_answers.go_on,
        outdated.REVIEW: outdated.review,
        rooms.ROOM: rooms.decide,
        my_data.MY_DATA: my_data.decide,
        proposals.PROPOSAL: proposals.decide,
        drafts.DRAFT: drafts.decide,
        browse.LIST: browse.read_on,
        show.SHOWN: show.take_step,
        edit.FIELD: edit.choose_field,
        edit.TEXT: edit.take_text,
        edit.SAVE: edit.save,
        history.VERSIONS: history.choose,
        history.RESTORE: history.restore,
        curate.RETIRE: curate.retire,
        duplicates.DUPLICATES: duplicates.decide,
        intake.INTAKE: intake.go_on,
        request_cards.REQUEST: support_requests.decide,
        accounts.LINK: accounts.decide,
        accounts.UNLINK: accounts.unlink,
        invitations.INVITE: invitations.give_code,
        invitations.INVITED: invitations.accept,
        invitations.INVITATIONS: invitations.withdraw,
        membership.MEMBERS: membership.decide,
        membership.LEAVING: membership.leave,
        membership.INTEREST: membership.tell_interest,
        department.DEPARTMENT: department.choose,
        introductions.FILLING: introductions.go_on,
        portraits.PORTRAIT: portraits.choose,
        portraits.DETAIL: portraits.take_detail,
        portraits.OTHERS: portraits.show_chosen,
        portrait_changes.CHANGE: portrait_changes.decide,
        deputies.DEPUTY: deputies.decide,
    },
    asker=live.take_question,
    listener=capture.listen,
    relay=relay.pass_on,
    withdrawer=consultations.WITHDRAWER,
    round_jobs=consultations.ROUND_JOBS,
    companion=consultations.COMPANION,
    report=consultations.REPORT,
    porter=consultations.PORTER,
    opened=consultations.OPENED,
    answers={**jobs.ANSWERS, **consultations.ANSWERS, portrait_changes.CHANGE: portrait_changes.may_be_day},
    drafts=consultations.DRAFTS,
    readings=(
        (help.is_thanks, help.take_thanks),
        *consultations.READINGS,
        *jobs.READINGS,
        (codes.is_code, CODE_DESK.take),
        (membership.is_interest, membership.take_interest),
        (support_requests.is_about_one, support_requests.show_said),
        (support_requests.wants_in_spite, support_requests.want_in_spite),
        (asks_for_support, intake.begin),
        (seeks_person, supporters.seek),
        (portraits.asks_for_person, portraits.show_named),
        (is_about_me, portraits.take_sentence),
    ),
    errands=(
        *jobs.ERRANDS,
        *consultations.ERRANDS,
        outdated.ask_owners,
        gaps.offer_topic,
        waiting.look_after,
        waiting.renew,
        waiting.expire,
        unmet_topics.report,
        waiting.offer_agenda,
        support_requests.look_after,
        portraits.ask_to_refresh,
        portraits.end_pauses,
    ),
    ticks=(*jobs.TICKS, *consultations.TICKS),
    unmuted=frozenset({rooms.show, rooms.decide}),
    finders={Sought.ANSWERS: find.find_answers, Sought.SUPPORTERS: find.find_supporters},
)
