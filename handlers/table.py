"""The one list of what the bot can do, in help order."""

from bot.commands import Command
from bot.messages import Sought
from bot.roles import Role
from bot.router import Job, Table
from handlers import (
    ask,
    browse,
    capture,
    curate,
    drafts,
    duplicates,
    edit,
    feedback,
    find,
    gap_answers,
    gaps,
    help,
    history,
    my_data,
    open_questions,
    outdated,
    proposals,
    show,
    topics,
)  # fmt: skip

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
BARE_CHOICES = ("ja", "nein", "keine", "löschen", *"123456789")

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
)
FOR_SUPPORTERS = (
    Job(
        Command("offene fragen", ("offen", "welche fragen sind offen"), "Fragen ohne Antwort.", role=Role.SUPPORTER),
        open_questions.list_open,
    ),
    Job(
        Command("wissenslücken", OTHERS_ASKED, "Fragen ohne Antwort, nach Themen.", role=Role.SUPPORTER),
        gaps.list_gaps,
    ),
    Job(
        Command(
            "themen",
            ("themenspeicher", "jour fixe themen", "themen für den jour fixe"),
            "Was für den nächsten Jour fixe vorgemerkt ist. „thema: …“ merkt etwas vor.",
            role=Role.SUPPORTER,
        ),
        topics.list_topics,
    ),
    Job(Command("thema", ("neues thema",), takes_text=True), topics.add_topic),
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
AROUND = (
    Job(Command("datenschutz", ("privacy", "was speicherst du"), "Was ich speichere."), my_data.explain_privacy),
    Job(
        Command("meine daten", ("was weißt du über mich", "meine daten löschen"), "Was ich über dich weiß."),
        my_data.show,
    ),
    Job(Command("hilfe", ("help", "was kannst du", "was kann ich fragen"), "Diese Übersicht."), help.explain),
    Job(Command("hallo", GREETINGS), help.greet),
    Job(Command("danke", THANKS), help.take_thanks),
    Job(Command("auswahl", BARE_CHOICES), help.take_bare_choice),
)

TABLE = Table(
    jobs=(*FOR_EVERYBODY, *FOR_SUPPORTERS, *FOR_CURATORS, *AROUND),
    choosers={
        ask.ANSWER: feedback.take_feedback,
        ask.CHOICE: feedback.show_chosen,
        ask.OPEN: ask.withdraw,
        open_questions.OPEN_QUESTIONS: open_questions.read_on,
        gaps.GAP: gaps.decide,
        gap_answers.ANSWER: gap_answers.go_on,
        topics.TOPIC: topics.decide,
        outdated.REVIEW: outdated.review,
        my_data.DELETE: my_data.delete,
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
    },
    asker=ask.ask,
    listener=capture.listen,
    errands=(outdated.ask_owners, gaps.offer_topic),
    finders={Sought.ANSWERS: find.find_answers, Sought.SUPPORTERS: find.find_supporters},
)
