"""The bot's two pictures in Teams, a lighthouse that sends, and what Teams demands of such pictures.

The demands are those of "App icons" in Microsoft's page "Teams app package". PNG is read as far as they allow it:
https://www.w3.org/TR/png-3/
"""

import struct
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from importlib.resources import files

COLOR, OUTLINE = "color.png", "outline.png"

_SIGNATURE = b"\x89PNG\r\n\x1a\n"
_RGB, _RGBA = (8, 2, 0), (8, 6, 0)  # bits a channel, colour type, interlacing
_WHITE = b"\xff\xff\xff"


@dataclass(frozen=True, slots=True)
class _Picture:
    size: tuple[int, int]
    kind: tuple[int, int, int]
    packed: bytes


def read_icon(name: str) -> bytes:
    """One of the two pictures, as PNG."""
    return (files(__package__) / name).read_bytes()


def color_faults(png: bytes) -> list[str]:
    """What Teams would have against a picture in colour."""
    picture = _read(png)
    if picture is None:
        return ["ist kein PNG"]
    # Teams cuts the corners itself and shows the picture on light and on dark ground: it has to fill its square.
    kind = [] if picture.kind == _RGB else ["muss RGB mit 8 Bit und ohne durchsichtige Stellen sein"]
    return [*_size_faults(picture, 192), *kind]


def outline_faults(png: bytes) -> list[str]:
    """What Teams would have against a picture as an outline, which may be white and transparent only."""
    picture = _read(png)
    if picture is None:
        return ["ist kein PNG"]
    if faults := _size_faults(picture, 32):
        return faults
    if picture.kind != _RGBA:
        return ["muss RGBA mit 8 Bit sein"]
    pixels = _pixels(picture)
    if pixels is None:
        return ["ist beschädigt"]
    if any(pixel[3] and pixel[:3] != _WHITE for pixel in pixels):
        return ["darf nur Weiß und Durchsichtiges enthalten"]
    return [] if len({pixel[3] > 0 for pixel in pixels}) == 2 else ["zeigt nichts"]


def _size_faults(picture: _Picture, side: int) -> list[str]:
    width, height = picture.size
    return [] if picture.size == (side, side) else [f"muss {side} x {side} Pixel haben, nicht {width} x {height}"]


def _read(png: bytes) -> _Picture | None:
    if not png.startswith(_SIGNATURE):
        return None
    try:
        chunks = list(_chunks(png[len(_SIGNATURE) :]))
        width, height, depth, color, _, _, interlacing = struct.unpack(">IIBBBBB", dict(chunks)[b"IHDR"])
    except (struct.error, KeyError):
        return None
    packed = b"".join(content for kind, content in chunks if kind == b"IDAT")
    return _Picture((width, height), (depth, color, interlacing), packed)


def _chunks(rest: bytes) -> Iterator[tuple[bytes, bytes]]:
    while rest:
        length, kind = struct.unpack_from(">I4s", rest)
        yield kind, rest[8 : 8 + length]
        rest = rest[12 + length :]  # … and the checksum


def _pixels(picture: _Picture) -> list[bytes] | None:
    width, height = picture.size
    try:
        raw = zlib.decompress(picture.packed)
    except zlib.error:
        return None
    step = 1 + 4 * width
    if len(raw) != step * height:
        return None
    above, pixels = bytes(4 * width), []
    for start in range(0, len(raw), step):
        above = _line(raw[start], raw[start + 1 : start + step], above)
        pixels += [above[place : place + 4] for place in range(0, len(above), 4)]
    return pixels


def _line(how: int, filtered: bytes, above: bytes) -> bytes:
    """A line of RGBA pixels without its filter (section 9 of the specification)."""
    line = bytearray(4) + filtered  # one empty pixel to the left, here and in the line above
    above = bytes(4) + above
    for place in range(4, len(line)):
        left, up, corner = line[place - 4], above[place], above[place - 4]
        guess = (0, left, up, (left + up) // 2, _paeth(left, up, corner))[how % 5]
        line[place] = (line[place] + guess) % 256
    return bytes(line[4:])


def _paeth(left: int, up: int, corner: int) -> int:
    guess = left + up - corner
    return min((left, up, corner), key=lambda near: abs(guess - near))
