"""Pure: what the platform itself has to say to people and operators about encryption. Neutral: neither du nor Sie."""

from hashlib import sha256

from bot.messages import Conversation, Incoming, Outgoing

HOW_TO_CONFIRM = (
    "Diese Nachricht lese ich nicht: Sie kam unverschlüsselt oder von einem Gerät, das noch nicht bestätigt ist. "
    "So geht es weiter: In Element auf das eigene Bild, dann „Alle Einstellungen“ und „Verschlüsselung“ (in älteren "
    "Fassungen „Sicherheit“), dort „Gerät verifizieren“. Danach die Frage bitte noch einmal stellen."
)
ANSWERED_ANYWAY = (
    "Hinweis: {person} schreibt von einem Gerät, das nicht bestätigt ist. Ich antworte trotzdem, weil trust auf „open“ "
    "steht."
)
NEW_IDENTITY = (
    "Hinweis: {person} hat eine neue Matrix-Identität. Das ist so, wenn jemand die Verschlüsselung zurückgesetzt hat. "
    "Falls das nicht gewollt war: bitte nachfragen."
)
NOT_CONFIRMED = "Achtung: Mein eigenes Gerät ist nicht bestätigt, manche werden mich nicht sehen. {reason}"


def how_to_confirm(unread: Incoming) -> Outgoing:
    """Tell somebody once in a conversation why the bot does not read them; the bot's secrets are not for the device."""
    conversation = unread.conversation
    key = _key("confirm", conversation.platform, conversation.id, unread.sender.id)
    return Outgoing(key, conversation, HOW_TO_CONFIRM, answers=unread.event_id, thread=unread.thread, in_clear=True)


def answered_anyway(answered: Incoming, room: Conversation) -> Outgoing:
    """Tell operators that somebody is answered on an unconfirmed device."""
    key = _key("unconfirmed", room.platform, room.id, answered.sender.id)
    return Outgoing(key, room, ANSWERED_ANYWAY.format(person=answered.sender.id))


def new_identity(person: str, master: str, room: Conversation) -> Outgoing:
    """Tell operators that somebody has another master key than before."""
    return Outgoing(_key("identity", room.platform, room.id, person, master), room, NEW_IDENTITY.format(person=person))


def not_confirmed(reason: str, room: Conversation) -> Outgoing:
    """Tell operators that the bot's own device is not confirmed."""
    return Outgoing(_key("self", room.platform, room.id, reason), room, NOT_CONFIRMED.format(reason=reason))


def _key(*parts: str) -> str:
    return sha256("\n".join(("notice", *parts)).encode()).hexdigest()[:32]
