"""The one list of what the bot can do, in help order."""

from bot.commands import Command
from bot.messages import Sought
from bot.router import Job, Table
from handlers import ask, find, help, my_data, open_questions

GREETINGS = (
    "hallo", "hi", "hey", "moin", "moin moin", "servus", "guten morgen", "guten tag", "guten abend", "grüß gott",
    "hallo zusammen", "tag", "mahlzeit", "hallo lotsenfunk", "hello", "good morning",
)  # fmt: skip
THANKS = (
    "danke dir", "danke schön", "dankeschön", "vielen dank", "besten dank", "herzlichen dank", "danke sehr", "merci",
    "ok danke", "super danke", "alles klar danke", "alles klar", "thanks", "thank you", "vielen lieben dank", "ok",
)  # fmt: skip
BARE_CHOICES = ("ja", "nein", "keine", "löschen", *"123456789")

TABLE = Table(
    jobs=(
        Job(Command("frage", summary="Frage stellen. Ein einfacher Satz genügt.", takes_text=True), ask.ask),
        Job(
            Command("offene fragen", ("offen", "welche fragen sind offen"), "Fragen ohne Antwort, nur für Lots:innen."),
            open_questions.list_open,
        ),
        Job(Command("datenschutz", ("privacy", "was speicherst du"), "Was ich speichere."), my_data.explain_privacy),
        Job(Command("hilfe", ("help", "was kannst du", "was kann ich fragen"), "Diese Übersicht."), help.explain),
        Job(Command("hallo", GREETINGS), help.greet),
        Job(Command("danke", THANKS), help.take_thanks),
        Job(Command("auswahl", BARE_CHOICES), help.take_bare_choice),
    ),
    choosers={ask.ANSWER: ask.take_feedback, ask.CHOICE: ask.show_chosen, ask.OPEN: ask.withdraw},
    asker=ask.ask,
    finders={Sought.ANSWERS: find.find_answers, Sought.SUPPORTERS: find.find_supporters},
)
