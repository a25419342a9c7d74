"""Names that somebody could give an object in order to do harm, or that merely do it."""

from __future__ import annotations

import re
import unicodedata

PAYLOADS: dict[str, str] = {
    "erase the line": "\x1b[2K\x1b[1A nothing to see",
    "set the title": "\x1b]0;owned\x07",
    "hyperlink": "\x1b]8;;https://evil.example\x1b\\click\x1b]8;;\x1b\\",
    "C1 escape": "\x9b31mred",
    "carriage return": "harmless\rHARMFUL ",
    "line feed": "name\n  + EnrollmentProfile/forged will be created",
    "two line ends": "name\r\n::stop-commands::x",
    "next line": "a\x85::warning::b",
    "line separator": "a\u2028::error::b",
    "paragraph separator": "a\u2029##[error]b",
    "vertical tab": "a\x0b::debug::b\x0c",
    "backspace": "delete\b\b\b\b\b\bkeep",
    "null": "a\0b",
    "bell": "\x07\x07",
    "delete": "\x7f",
    "right to left override": "safe\u202egnihtemos",
    "isolates": "\u2067a\u2069\u2066b",
    "zero width": "de\u200bvice\u200d_\ufeffregistration\u2060",
    "tag characters": "a\U000e0041\U000e0042",
    "selectors": "a\ufe0f\U000e0101b",
    "lone surrogate": "a\ud800b",
    "private use": "\ue000\U000f0000",
    "not assigned": "\U000e0080\uffff",
    "pile of marks": "Z" + "\u0336\u0489\u0300" * 60,
    "fillers": "a\u3164\u115f\u2800\u034fb",
    "odd blanks": "a\u00a0b\u2003c\u202fd",
    "add mask": "::add-mask::a",
    "add mask after blanks": "   ::add-mask::a",
    "words that wrap": " ".join(["word ::set-output name=x::y"] * 30),
    "group": "##[group]forged",
    "group in the middle": "name ##[error]forged ##[endgroup]",
    "azure": "x ##vso[task.setvariable variable=secret]y",
    "azure in capitals": "##VSO[task.complete result=Succeeded]",
    "many number signs": "####[x] ###vso[y] ##",
    "quotes": "a\" will be deleted \\\" -> 'b'",
    "markup": "<script>alert(1)</script> [link](https://evil.example) @everyone fixes #1",
    "format": "{0} %s %(x)s {x!r} ${y} `z`",
    "long": "x" * 100_000,
    "empty": "",
    "blanks": "   ",
}
_COMMAND = re.compile(r"##[A-Za-z]*\[")
_COLOR = re.compile(r"\x1b\[[0-9;]*m")


def complaints(page: str) -> list[str]:
    """What a terminal, a reader or a pipeline could be deceived by."""
    found = []
    if not page.endswith("\n") and page:
        found.append("the last line has no end")
    for line in page.split("\n"):
        found += [f"{ord(c):x} in {line[:80]!r}" for c in line if _is_hidden(c)]
        if line.lstrip().startswith("::"):
            found.append(f"GitHub runs {line[:80]!r}")
        if _COMMAND.search(line):
            found.append(f"a pipeline runs {line[:80]!r}")
    return found


def without_color(page: str) -> str:
    """The page without the codes of colours, and without the blanks that end its lines."""
    return "\n".join(line.rstrip(" ") for line in _COLOR.sub("", page).split("\n"))


def _is_hidden(character: str) -> bool:
    return unicodedata.category(character) in ("Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp")
