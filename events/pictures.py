"""What an uploaded picture really is, by its first bytes and not by its name.

Only raster pictures that every browser draws. SVG is a document with scripts, and refused.
"""

from typing import NamedTuple


class Format(NamedTuple):
    """A kind of picture: the ending that we give it, and its media type."""

    ending: str
    media_type: str


PNG = Format("png", "image/png")
JPEG = Format("jpg", "image/jpeg")
WEBP = Format("webp", "image/webp")
GIF = Format("gif", "image/gif")
#: Media types by ending, for what is served.
MEDIA_TYPES = {one.ending: one.media_type for one in (PNG, JPEG, WEBP, GIF)}

#: A side longer than this costs readers more than it shows.
LONGEST_SIDE = 4000


class NotAPicture(Exception):
    """The bytes are no raster picture that we take."""


def read_format(data: bytes) -> tuple[Format, int, int]:
    """Return format, width and height (pixels) of a picture; raises :class:`NotAPicture`.

    PNG (W3C), GIF89a, JPEG (ITU T.81) and WebP (RFC 9649) say their size near their beginning.
    """
    try:
        if data.startswith(b"\x89PNG\r\n\x1a\n") and data[12:16] == b"IHDR":
            return PNG, _number(data[16:20], "big"), _number(data[20:24], "big")
        if data[:6] in (b"GIF87a", b"GIF89a"):
            return GIF, _number(data[6:8], "little"), _number(data[8:10], "little")
        if data.startswith(b"\xff\xd8\xff"):
            return JPEG, *_jpeg_size(data)
        if data[:4] == b"RIFF" and data[8:12] == b"WEBP":
            return WEBP, *_webp_size(data)
    except IndexError as error:
        raise NotAPicture from error
    raise NotAPicture


def _number(data: bytes, order: str) -> int:
    if len(data) < 2:
        raise IndexError
    return int.from_bytes(data, "big" if order == "big" else "little")


def _jpeg_size(data: bytes) -> tuple[int, int]:
    """Walk the segments to the frame header (SOF), which holds height and width."""
    at = 2
    while True:
        if data[at] != 0xFF:
            raise NotAPicture
        marker = data[at + 1]
        if marker == 0xFF:  # fill byte
            at += 1
            continue
        if 0xC0 <= marker <= 0xCF and marker not in (0xC4, 0xC8, 0xCC):
            height, width = data[at + 5 : at + 7], data[at + 7 : at + 9]
            return _number(width, "big"), _number(height, "big")
        at += 2 + _number(data[at + 2 : at + 4], "big")


def _webp_size(data: bytes) -> tuple[int, int]:
    kind = data[12:16]
    if kind == b"VP8X":
        return 1 + _number(data[24:27], "little"), 1 + _number(data[27:30], "little")
    if kind == b"VP8 ":
        return (
            _number(data[26:28], "little") & 0x3FFF,
            _number(data[28:30], "little") & 0x3FFF,
        )
    if kind == b"VP8L":
        bits = _number(data[21:25], "little")
        return 1 + (bits & 0x3FFF), 1 + (bits >> 14 & 0x3FFF)
    raise NotAPicture
