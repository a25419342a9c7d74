"""The text of a spec file: bytes to characters, its lines, and the characters that a spec must not contain.

Used by the loader (`spec.source` and its parts) alone. Refused is what hides something from a reader or changes what is
shown: C0 and C1 controls except tab and line ends, the controls of the bidirectional algorithm (Unicode property
Bidi_Control), line and paragraph separators, a byte order mark inside the text, surrogates and noncharacters. Other
invisible characters (zero width space, no-break space) are legitimate in names; the rules of single kinds judge them
where they do harm.
"""

from __future__ import annotations

import re
import unicodedata
from array import array
from bisect import bisect_right
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from reconciler.diagnostics import Position

LONGEST_LINE_SHOWN: Final = 500

_LAST_OF_PLANES: Final = "".join(chr(plane * 0x10000 + low) for plane in range(17) for low in (0xFFFE, 0xFFFF))
_HIDDEN: Final = (
    "\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f"  # C0, DEL, C1 (NEL is one of them)
    "\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069"  # Bidi_Control
    "\u2028\u2029\ufeff\ud800-\udfff\ufdd0-\ufdef" + _LAST_OF_PLANES
)
_FORBIDDEN: Final = re.compile(rf"[{_HIDDEN}]|\r(?!\n)")
_NAMES: Final = {
    "\x00": "null", "\x08": "backspace", "\x0c": "form feed", "\r": "carriage return without line feed",
    "\x1b": "escape", "\x7f": "delete", "\x85": "next line", "\ufeff": "byte order mark",
}  # fmt: skip

_ESCAPE: Final = re.compile(r"\\(?:x([0-9a-fA-F]{2})|u([0-9a-fA-F]{4})|U([0-9a-fA-F]{8})|(.))", re.DOTALL)
_ESCAPED: Final = {
    "0": "\0", "a": "\a", "b": "\b", "v": "\v", "f": "\f", "r": "\r", "e": "\x1b",
    "N": "\x85", "L": "\u2028", "P": "\u2029",
}  # fmt: skip

_PLAIN_BYTES: Final = bytes([0x09, 0x0A, 0x0D, *range(0x20, 0x7F)])
_UTF8_MARK: Final = b"\xef\xbb\xbf"
_OTHER_MARKS: Final = {
    b"\xff\xfe\x00\x00": "UTF-32",
    b"\x00\x00\xfe\xff": "UTF-32",
    b"\xff\xfe": "UTF-16",
    b"\xfe\xff": "UTF-16",
}


class UndecodableError(ValueError):
    """The bytes are not UTF-8. `line` and `column`, from 1, are where that shows; `text` is the line up to there."""

    def __init__(self, message: str, *, before: str = "") -> None:
        super().__init__(message)
        self.text = before.rpartition("\n")[2]
        self.line = before.count("\n") + 1
        self.column = len(self.text) + 1


def decode(content: bytes) -> str:
    """The text of a file, without its byte order mark. Raises `UndecodableError` for anything but UTF-8."""
    for mark, encoding in _OTHER_MARKS.items():
        if content.startswith(mark):
            raise UndecodableError(f"the file is {encoding}, not UTF-8")
    if b"\0" in content[:4]:
        raise UndecodableError("the file has null bytes like UTF-16 or UTF-32, not UTF-8")
    content = content.removeprefix(_UTF8_MARK)
    try:
        return content.decode("utf-8")
    except UnicodeDecodeError as error:
        message = f"the byte 0x{content[error.start]:02X} is not UTF-8 here"
        raise UndecodableError(message, before=content[: error.start].decode("utf-8")) from None


def is_plain(content: bytes) -> bool:
    """Whether the bytes are printable ASCII, tabs and line ends: nothing that `hidden` would find."""
    return not content.translate(None, _PLAIN_BYTES) and content.count(b"\r") == content.count(b"\r\n")


@dataclass(frozen=True, slots=True)
class Hidden:
    """A forbidden character: where it is written, how, and which one it is."""

    index: int
    written: str
    character: str

    @property
    def name(self) -> str:
        """Code point and name, as far as it has one: `U+202E RIGHT-TO-LEFT OVERRIDE`."""
        name = _NAMES.get(self.character) or unicodedata.name(self.character, "")
        return f"U+{ord(self.character):04X} {name}".rstrip()


def hidden(text: str) -> Iterator[Hidden]:
    """The forbidden characters that stand in a text, in order; each only once a line."""
    line_end, seen = -1, set[str]()
    for match in _FORBIDDEN.finditer(text):
        if match.start() > line_end:
            line_end, seen = text.find("\n", match.start()) % (len(text) + 1), set()
        if match[0] not in seen:
            seen.add(match[0])
            yield Hidden(match.start(), match[0], match[0])


def without_hidden(text: str) -> str:
    """The text with a replacement character for each forbidden one: the same length, so that places stay right."""
    return _FORBIDDEN.sub("\ufffd", text)


def hidden_escapes(text: str, start: int, end: int) -> Iterator[Hidden]:
    r"""The escape sequences of a double-quoted scalar that stand for a forbidden character.

    `\r` is taken where `\n` follows: texts that come from Windows have both.
    """
    for escape in _ESCAPE.finditer(text, start, end):
        code = escape[1] or escape[2] or escape[3]
        character = chr(int(code, 16)) if code else _ESCAPED.get(escape[4], "")
        line_end = character == "\r" and text.startswith("\\n", escape.end())
        if _FORBIDDEN.match(character) and not line_end:
            yield Hidden(escape.start(), escape[0], character)


class SourceText:
    """The text of a file, which knows its lines. They end with LF or CR LF; the first has number 1."""

    __slots__ = ("_starts", "file", "text")

    def __init__(self, file: str, text: str) -> None:
        self.file = file
        self.text = text
        self._starts: array[int] | None = None

    @property
    def _line_starts(self) -> array[int]:
        # Only asked for once there is something to report.
        if self._starts is None:
            self._starts = array("I", [0])
            self._starts.extend(match.end() for match in re.finditer("\n", self.text))
        return self._starts

    def line_number(self, index: int) -> int:
        """The line, from 1, that holds the character at `index`."""
        return bisect_right(self._line_starts, index)

    def line_start(self, number: int) -> int:
        """The index of the first character of a line."""
        return self._line_starts[number - 1]

    def line(self, number: int) -> str:
        """A line without its end."""
        starts = self._line_starts
        end = starts[number] if number < len(starts) else len(self.text)
        return self.text[starts[number - 1] : end].removesuffix("\n").removesuffix("\r")

    def within(self, index: int) -> int:
        """`index` itself, or if that is behind the last character, the end of the last line that is not blank."""
        return index if index < len(self.text) else len(self.text.rstrip())

    def position(self, index: int, *, width: int = 1) -> Position:
        """The place of a character. `width` is cut at the end of the line; of the line 500 characters are shown."""
        index = self.within(index)
        number = self.line_number(index)
        line = self.line(number)
        column = index - self.line_start(number) + 1
        width = max(1, min(width, len(line) - column + 1))
        return Position(self.file, number, column, line[:LONGEST_LINE_SHOWN], width)
