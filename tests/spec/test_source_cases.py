"""What the YAML loader accepts and what it refuses: text -> values, or rule ids with their places.

Adding a case is adding a line. A finding is written `line:column RULE`; `+n` is its width where that matters.
"""

from __future__ import annotations

import re

import pytest

from reconciler.spec.source import load

ACCEPTED = [
    ("words", "a: true\nb: false\nc: null\nd: ~\ne:\n", {"a": True, "b": False, "c": None, "d": None, "e": None}),
    ("integers", "a: 0\nb: -7\nc: 1024\n", {"a": 0, "b": -7, "c": 1024}),
    ("64 bits", f"a: {2**63 - 1}\nb: {-(2**63)}\n", {"a": 2**63 - 1, "b": -(2**63)}),
    ("fractions", "a: 0.5\nb: -1.25\nc: 1.0\n", {"a": 0.5, "b": -1.25, "c": 1.0}),
    (
        "quotes make strings",
        "a: \"yes\"\nb: '17.10'\nc: \"\"\nd: '0777'\n",
        {"a": "yes", "b": "17.10", "c": "", "d": "0777"},
    ),
    ("y and n are strings", "a: y\nb: N\n", {"a": "y", "b": "N"}),
    ("words inside text", "a: yes please\nb: on-call\nc: tRUE\n", {"a": "yes please", "b": "on-call", "c": "tRUE"}),
    (
        "versions and identifiers",
        "a: 17.5.1\nb: 2b1d7f0e-9d53-4a8f-8c0f-6a3e5e5c2b6f\nc: 2026-1\nd: 10.0.0.0/8\ne: 1.2.3_4\nf: 99:99\n",
        {
            "a": "17.5.1",
            "b": "2b1d7f0e-9d53-4a8f-8c0f-6a3e5e5c2b6f",
            "c": "2026-1",
            "d": "10.0.0.0/8",
            "e": "1.2.3_4",
            "f": "99:99",
        },
    ),
    (
        "numeric starts",
        "a: -x\nb: +x\nc: .hidden\nd: 2fa\ne: -.\n",
        {"a": "-x", "b": "+x", "c": ".hidden", "d": "2fa", "e": "-."},
    ),
    ("quoted token", 'a: "{{DEVICEREGISTRATION}}"\n', {"a": "{{DEVICEREGISTRATION}}"}),
    ("token inside text", "a: iPad {{serialnumber}}\n", {"a": "iPad {{serialnumber}}"}),
    ("quoted keys", "'yes': 1\n\"1\": 2\n'<<': 3\n", {"yes": 1, "1": 2, "<<": 3}),
    ("keys like numbers", "2fa: x\n1.2.3: y\n", {"2fa": "x", "1.2.3": "y"}),
    ("empty collections", "a: {}\nb: []\n", {"a": {}, "b": []}),
    ("flow", "a: {b: [1, {c: d}], e: f}\n", {"a": {"b": [1, {"c": "d"}], "e": "f"}}),
    ("block text", "a: |\n  x\n  y\nb: >-\n  x\n  y\nc: |-\n  x\n  \ty\n", {"a": "x\ny\n", "b": "x y", "c": "x\n\ty"}),
    ("continued text", "a: one\n  two\nb: 'one\n\n  two'\n", {"a": "one two", "b": "one\ntwo"}),
    ("escapes", r'a: "\t\n\x41\u00e9\U0001F600\"\\"' + "\n", {"a": '\t\nA\u00e9\U0001f600"\\'}),
    ("carriage return before line feed", r'a: "x\r\ny"', {"a": "x\r\ny"}),
    ("invisible but legitimate", 'a: x\u200by\u00a0z\nb: "\\u200d"\n', {"a": "x\u200by\u00a0z", "b": "\u200d"}),
    ("other scripts", "a: 日本語 \U0001f600\nb: مرحبا\n", {"a": "日本語 \U0001f600", "b": "مرحبا"}),
    ("comments", "# first\na: 1 # one\nb: x#y\n# last\n", {"a": 1, "b": "x#y"}),
    ("byte order mark", "\ufeffa: 1\n", {"a": 1}),
    ("CR LF", "a: 1\r\nb:\r\n  - x\r\n", {"a": 1, "b": ["x"]}),
    ("no line end", "a: 1", {"a": 1}),
    ("list at the indentation of its key", "a:\n- 1\n- 2\n", {"a": [1, 2]}),
    ("document marks", "---\na: 1\n...\n", {"a": 1}),
    ("explicit key", "? a\n: 1\n", {"a": 1}),
]

BOOLEAN_WORDS = ("yes", "Yes", "YES", "no", "No", "NO", "on", "On", "ON", "off", "Off", "OFF")
CAPITALISED_WORDS = ("True", "TRUE", "False", "FALSE", "Null", "NULL")
NUMBER_FORMS = (
    "1e3",
    "1.5e+3",
    "1E-2",
    ".5",
    "5.",
    "+5",
    "+1.5",
    "-0",
    ".inf",
    "-.Inf",
    "+.INF",
    ".nan",
    ".NaN",
    "00.5",
)
INEXACT = ("17.10", "1.00", "-2.50", "0.10000000000000000001", "0.00001", "1" * 30 + ".5", "1." + "2" * 5000)
UNDERSCORES = ("1_000", "0_7", "1_0.5", "1.5_0", "-1_", "1_0e5")
SEXAGESIMALS = ("22:30", "190:20:30", "08:05", "-1:30", "1:30.5")
OUT_OF_RANGE = (str(2**63), str(-(2**63) - 1), "9" * 39, "9" * 5000)
TIMESTAMPS = ("2026-01-01", "2026-01-01T10:00:00Z", "2026-1-1 1:00:00", "2026-01-01t10:00:00.5 +01:00")

REFUSED = [
    # Words that are booleans to some.
    *((f"boolean word {word}", f"a: {word}\n", f"1:4 YAML130 +{len(word)}") for word in BOOLEAN_WORDS),
    *((f"capitals in {word}", f"a: {word}\n", "1:4 YAML131") for word in CAPITALISED_WORDS),
    ("boolean word in a list", "a: [x, no]\n", "1:8 YAML130"),
    ("boolean word as key", "on: 1\n", "1:1 YAML130"),
    # Numbers that are not what they look like.
    *((f"octal {text}", f"a: {text}\n", "1:4 YAML132") for text in ("0777", "0o17", "007", "08", "-010", "+01")),
    *((f"hexadecimal {text}", f"a: {text}\n", "1:4 YAML133") for text in ("0x1F", "-0xff", "0b101", "0x_F")),
    *((f"underscore {text}", f"a: {text}\n", "1:4 YAML134") for text in UNDERSCORES),
    *((f"sexagesimal {text}", f"a: {text}\n", "1:4 YAML135") for text in SEXAGESIMALS),
    *((f"number form {text}", f"a: {text}\n", "1:4 YAML136") for text in NUMBER_FORMS),
    *((f"inexact {text[:30]}", f"a: {text}\n", "1:4 YAML137") for text in INEXACT),
    *((f"range {len(text)} {text[:5]}", f"a: {text}\n", "1:4 YAML138") for text in OUT_OF_RANGE),
    *((f"timestamp {text}", f"a: {text}\n", "1:4 YAML139") for text in TIMESTAMPS),
    ("date as key", "2026-01-01: x\n", "1:1 YAML139"),
    ("value sign", "a: =\n", "1:4 YAML140"),
    ("value sign as key", "=: 1\n", "1:1 YAML140"),
    # Keys.
    ("duplicate key", "a: 1\nb: 2\na: 3\n", "3:1 YAML120 +1"),
    ("three times", "a: 1\na: 2\na: 3\n", "2:1 YAML120, 3:1 YAML120"),
    ("duplicate in flow", "a: {b: 1, b: 2}\n", "1:11 YAML120"),
    ("duplicate once quoted", "a: 1\n'a': 2\n", "2:1 YAML120 +3"),
    ("duplicate deep down", "a:\n  - b: 1\n    b: 2\n", "3:5 YAML120"),
    ("integer key", "1: x\n", "1:1 YAML127"),
    ("decimal key", "a: {1.5: x}\n", "1:5 YAML127 +3"),
    ("boolean key", "true: x\n", "1:1 YAML127 +4"),
    ("null key", "~: x\n", "1:1 YAML127"),
    ("empty key", "a:\n  ? \n  : x\n", "2:4 YAML127"),
    ("empty key at the very end", "a: 1\n?", "2:2 YAML127"),
    ("empty key in flow", "a: {: x}\n", "1:5 YAML110"),
    ("mapping as key", "{a: b}: c\n", "1:1 YAML126"),
    ("list as key", "a:\n  [x]: 1\n", "2:3 YAML126"),
    ("explicit list as key", "? - a\n: b\n", "1:3 YAML126"),
    ("findings inside a collection as key are one", "? [yes, 0777]\n: b\n", "1:3 YAML126"),
    # What could hide content from a reviewer.
    ("anchor", "a: &x 1\n", "1:4 YAML121"),
    ("anchor of a mapping", "a: &x\n  b: 1\n", "1:4 YAML121"),
    ("anchor of a key", "&x a: 1\n", "1:1 YAML121"),
    ("alias", "a: *x\n", "1:4 YAML122 +2"),
    ("alias as key", "*x : 1\n", "1:1 YAML122"),
    ("alias in a list", "a: [*x, *y]\n", "1:5 YAML122, 1:9 YAML122"),
    ("recursive alias", "a: &x [*x]\n", "1:4 YAML121, 1:8 YAML122"),
    ("merge key", "<<: 1\n", "1:1 YAML123 +2"),
    ("merge key with alias", "a: &x {b: 1}\nc:\n  <<: *x\n", "1:4 YAML121, 3:3 YAML123, 3:7 YAML122"),
    ("plain tag", "a: ! x\n", "1:4 YAML124"),
    ("string tag", "a: !!str 1\n", "1:4 YAML124"),
    ("local tag", "a: !x\n  b: 1\n", "1:4 YAML124"),
    ("python tag", "a: !!python/object/apply:os.system [ls]\n", "1:4 YAML124"),
    ("tag of the root", "!x\na: 1\n", "1:1 YAML124"),
    ("version directive", "%YAML 1.1\n---\na: 1\n", "1:1 YAML125"),
    ("tag directive", "%TAG ! tag:example.com,2026:\n---\na: 1\n", "1:1 YAML125"),
    ("unknown directive", "%FOO x\n---\na: 1\n", "1:1 YAML125"),
    ("directive too late", "a: 1\n%YAML 1.1\n", "2:1 YAML125"),
    ("many directives", "---\na: 1\n" + "%TAG ! x\n" * 101, "3:1 YAML125"),
    # Characters.
    ("escape in text", "a: x\x1b[31m\n", "1:5 YAML103"),
    ("null", "a: x\0y\n", "1:5 YAML103"),
    ("next line", "a: x\x85\n", "1:5 YAML103"),
    ("bidirectional override", "a: x\u202ey\n", "1:5 YAML103"),
    ("bidirectional mark in a comment", "a: 1 # \u200f\n", "1:8 YAML103"),
    ("line separator in a key", "a\u2028b: 1\n", "1:2 YAML103"),
    ("mark inside the text", "a: 1\nb: \ufeffx\n", "2:4 YAML103"),
    ("noncharacter", "a: \ufdd0\nb: \U0001ffff\n", "1:4 YAML103, 2:4 YAML103"),
    ("carriage return alone", "a: 1\rb: 2\n", "1:5 YAML103"),
    ("one finding for a character of a line", "a: \x01\x01\x02\nb: \x01\n", "1:4 YAML103, 1:6 YAML103, 2:4 YAML103"),
    ("text that is only a hidden character", "\x01\n", "1:1 YAML103"),
    ("hidden characters do not hide the rest", "a: \x01\nb: yes\n", "1:4 YAML103, 2:4 YAML130"),
    ("escaped escape", r'a: "x\e[31m"', "1:6 YAML103 +2"),
    ("escaped null", r'a: "\0"', "1:5 YAML103"),
    ("escaped C1 control", r'a: "\x9b\N"', "1:5 YAML103 +4, 1:9 YAML103 +2"),
    ("escaped bidirectional control", r'a: "\u2066"', "1:5 YAML103 +6"),
    ("escaped noncharacter", r'a: "\U0010FFFF"', "1:5 YAML103 +10"),
    ("escaped carriage return", r'a: "x\ry"', "1:6 YAML103"),
    ("escaped control in a key", r'"\a": 1', "1:2 YAML103"),
    ("half a surrogate pair", r'a: "\ud800"', "1:5 YAML103"),
    ("surrogate pair", r'a: "\ud83d\ude00"', "1:5 YAML103 +6"),
    ("control in the second line of quoted text", 'a: "x\n  \\b"\n', "2:3 YAML103"),
    # Shape.
    ("list as root", "- a\n", "1:1 YAML106"),
    ("scalar as root", "x\n", "1:1 YAML106"),
    ("null as root", "null\n", "1:1 YAML106"),
    ("empty quotes as root", "''\n", "1:1 YAML106"),
    ("colon without space", "a:b\n", "1:1 YAML106"),
    # Templates and tokens.
    ("unquoted token", "value: {{DEVICEREGISTRATION}}\n", "1:8 YAML112 +22"),
    ("unquoted token, spaced", "a:\n  value: {{ X }}\n", "2:10 YAML112 +7"),
    ("unquoted token in a list", "- a: 1\n- {{X}}\n", "1:1 YAML106, 2:3 YAML112"),
    ("unquoted token in flow", "a: {key: k, value: {{X}}}\n", "1:20 YAML112 +5"),
    ("unquoted token, then text", "a: {{X}} and more\n", "1:4 YAML112 +14"),
    ("two unquoted tokens", "a: {{X}}-{{Y}} # z\n", "1:4 YAML112 +11"),
    ("text, then syntax error", "a: 'x' {{X}}\n", "1:8 YAML110"),
    ("unquoted expression", "a: 1\nb: {{ \"x\" y }} # z\n", "2:4 YAML112 +11"),
    ("quoted token before a syntax error", "a: \"x: {{X}}\" y\n", "1:15 YAML110"),
    ("token as key", "{{X}}: 1\n", "1:1 YAML112"),
    ("template statement", "a: {% if x %}\n", "1:5 YAML110"),
    # Syntax.
    ("tab for indentation", "a:\n\tb: 1\n", "2:1 YAML111"),
    ("tab after spaces", "a:\n  b: 1\n  \tc: 1\n", "3:3 YAML111"),
    ("tab in block text", "a: |\n\tx\n", "2:1 YAML111"),
    ("no colon", "a: 1\nb\nc: 2\n", "2:1 YAML110"),
    ("second colon", "a: b: c\n", "1:5 YAML110"),
    ("wrong indentation", "a: 1\n  b: 2\n", "2:4 YAML110"),
    ("less indentation", "a:\n  b: 1\n c: 2\n", "3:2 YAML110"),
    ("first line indented", "  a: 1\nb: 2\n", "2:1 YAML110"),
    ("key in a list", "a:\n  - x\n  y: z\n", "3:3 YAML110"),
    ("entry in a mapping", "a:\n  x: 1\n  - y\n", "3:3 YAML110"),
    ("entry on the line of its key", "a: - b\n", "1:4 YAML110"),
    ("open bracket", "a: [1, 2\nb: 3\n", "1:4 YAML110"),
    ("open brace", "a: {b: 1\nc: 2\n", "1:4 YAML110"),
    ("bracket at the end", "a: [\n", "1:5 YAML110"),
    ("wrong bracket", "a: [1}\n", "1:4 YAML110"),
    ("open quotes", 'a: "x\nb: 2\n', "1:4 YAML110"),
    ("apostrophe", "a: 'it's'\n", "1:8 YAML110"),
    ("text behind quotes", 'a: "x" y\n', "1:8 YAML110"),
    ("text behind a bracket", "a: [x] y\n", "1:8 YAML110"),
    ("unknown escape", r'a: "\q"', "1:5 YAML110"),
    ("short escape", r'a: "\x4"', "1:7 YAML110"),
    ("star", "a: *.contoso.com\n", "1:4 YAML122"),
    ("ampersand", "a: & b\n", "1:4 YAML121"),
    ("exclamation mark", "a: !<x\n", "1:4 YAML124"),
    ("tag handle", "a: !h!x y\n", "1:4 YAML124"),
    ("tag escape that is not UTF-8", "a: !%ff x\n", "1:4 YAML124"),
    *((f"value that begins with {sign}", f"a: {sign}x\n", "1:4 YAML110") for sign in "@`%"),
    ("comma as value", "a: ,\n", "1:4 YAML110"),
    ("question mark as value", "a: ? b\n", "1:4 YAML110"),
    ("text behind a block indicator", "a: | x\n", "1:6 YAML110"),
    ("indentation indicator", "a: |0\n x\n", "1:5 YAML110"),
    ("what was found before a syntax error stays", "a: yes\nb: [\n", "1:4 YAML130, 2:5 YAML110"),
    ("a syntax error on the same line", "a: [yes, }\n", "1:5 YAML130, 1:10 YAML110"),
    ("a syntax error that only follows", "a: *x y\nb: 1\n", "1:4 YAML122"),
    ("together", "a: yes\nb: 07\na: &x 1\n1: 2\n", "1:4 YAML130, 2:4 YAML132, 3:1 YAML120, 3:4 YAML121, 4:1 YAML127"),
]  # fmt: skip


def cases(table: list[tuple[str, str, object]]) -> list[object]:
    return [pytest.param(text, expected, id=name) for name, text, expected in table]


@pytest.mark.parametrize(("text", "value"), cases(ACCEPTED))
def test_accepted(text: str, value: object) -> None:
    documents, findings = load("a.yaml", text.encode())
    assert findings == []
    assert [document.value for document in documents] == [value]
    assert list(map(typed, documents)) == [typed_value(value)]


@pytest.mark.parametrize(("text", "expected"), cases(REFUSED))
def test_refused(text: str, expected: str) -> None:
    documents, findings = load("a.yaml", text.encode())
    assert documents == []
    widths = re.findall(r"\+\d+", expected)
    found = [
        (f"{f.position.line}:{f.position.column} {f.rule}", f"+{f.position.width}") for f in findings if f.position
    ]
    assert ", ".join(place for place, _ in found) == re.sub(r" \+\d+", "", expected)
    if widths:
        assert [width for _, width in found] == widths


@pytest.mark.parametrize(("text", "expected"), cases(REFUSED))
def test_what_is_refused_is_explained(text: str, expected: str) -> None:
    for finding in load("a.yaml", text.encode())[1]:
        assert finding.severity == "error"
        assert finding.message
        assert finding.detail
        assert finding.detail.endswith((".", '"'))
        assert len(finding.message) + len(finding.detail) < 500
        assert finding.position is not None
        assert finding.position.file == "a.yaml"
        lines = text.split("\n")
        assert finding.position.text == lines[finding.position.line - 1][:500]


def typed(document: object) -> object:
    return typed_value(getattr(document, "value"))  # noqa: B009


def typed_value(value: object) -> object:
    """True and 1.0 equal 1 in Python; this tells them apart."""
    if isinstance(value, dict):
        return {key: typed_value(child) for key, child in value.items()}
    if isinstance(value, list):
        return [typed_value(child) for child in value]
    return type(value).__name__, value
