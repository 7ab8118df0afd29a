"""What the doctor says of the parts of the bot."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Finding:
    """What was seen of one part, in one sentence."""

    part: str
    is_well: bool
    text: str
