"""What must hold of the YAML loader for any bytes, and a loop that looks for bytes of which it does not.

`python tests/spec/fuzz_source.py SECONDS [SEED]` mutates specs until the time is over; an input for which a law fails
is printed, and the exit code is 1. The laws are used by `test_source_laws.py` too.
"""

from __future__ import annotations

import json
import random
import sys
import time
import traceback
from collections.abc import Iterator

import yaml

from reconciler.diagnostics import Diagnostic, Severity
from reconciler.model import Json, Path
from reconciler.spec.findings import MAX_FINDINGS
from reconciler.spec.source import MAX_DEPTH, RULES, Document, load
from reconciler.spec.text import LONGEST_LINE_SHOWN, hidden

SPEC = """\
# Personal iPhones, all rings.
apiVersion: intune.reconciler/v1
kind: JitSsoPolicy
metadata: {name: jit, labels: {ring: production}}
spec:
  displayName: iOS - JIT registration
  description: |-
    Entra SSO extension
    for iPhones und für iPads
  jitRegistration: true
  appBundleIds: [com.example.mail, "com.example.*"]
  additionalConfiguration:
    - {key: device_registration, type: string, value: "{{DEVICEREGISTRATION}}"}
    - key: browser_sso_interaction_enabled
      type: integer
      value: 1
  ratio: -0.25
  note: 'it''s fine'
  cleared: null
---
apiVersion: intune.reconciler/v1
kind: Audience
metadata:
  name: everyone
spec:
  include: [allUsers]
  exclude:
  - group: Break glass accounts
"""
FRAGMENTS = (
    "{{X}}", "yes", "0777", "17.10", "&a ", "*a", "<<: ", "!x ", "!!str ", "!%ff ", "%TAG ! x\n", "---", "...",
    "? ", ": ", "- ", "\t", "\r", "\0", "\x1b", "\x85", "\u2028", "\ufeff", "\u202e", "\uffff", "\U0001f600", '"', "'",
    "\\", '"\\ud800"', '"\\x1b"', '"\\r\\n"', "|\n", ">2-\n", "[", "]", "{", "}", ",", "#", "@", "`", "\n", "\n\n",
    "  ", "a: 1\n", "a:\n  b: [", "2026-01-01", "22:30", "1e3", "=", "~", "é", "\xa0", "key", "0", "-1.5", "\n  ",
    "\n    - ",
)  # fmt: skip


def check(data: bytes) -> list[Document]:
    """Load the bytes; fail by assertion where a law does not hold. The laws say nothing about time."""
    documents, findings = load("specs/any.yaml", data)
    text = data.removeprefix(b"\xef\xbb\xbf").decode("utf-8", "replace")
    lines = text.split("\n")
    for finding in findings:
        check_finding(finding, lines)
    assert findings == sorted(findings, key=lambda f: (f.position.line, f.position.column) if f.position else ())
    assert len(findings) <= MAX_FINDINGS + 1
    for document in documents:
        check_document(document, text, lines)
    if not findings:
        assert_read_alike(text, documents)
    return documents


def check_finding(finding: Diagnostic, lines: list[str]) -> None:
    place = finding.position
    assert finding.rule in RULES
    assert place is not None
    assert 1 <= place.line <= len(lines)
    line = lines[place.line - 1].removesuffix("\r")
    assert 1 <= place.column <= len(line) + 1
    assert 1 <= place.width <= max(1, len(line) - place.column + 1)
    if finding.rule != "YAML102":  # The line ends where it cannot be decoded.
        assert finding.rule == "YAML101" or place.text == line[:LONGEST_LINE_SHOWN]
    assert len(finding.message) + len(finding.detail or "") < 800
    json.dumps(finding.to_json(), ensure_ascii=False).encode("utf-8")


def check_document(document: Document, text: str, lines: list[str]) -> None:
    assert isinstance(document.value, dict)
    seen = -1, -1
    for path, value in walk((), document.value):
        assert len(path) <= MAX_DEPTH
        place = document.position(path)
        assert (place.line, place.column) >= seen, path
        seen = place.line, place.column
        check_value(value)
        rest = lines[place.line - 1][place.column - 1 :]
        if isinstance(value, bool):
            assert rest.startswith(json.dumps(value))
        elif isinstance(value, int | float):
            assert rest.startswith(repr(value))
        if path and isinstance(path[-1], str):
            key = document.position(path, key=True)
            assert (key.line, key.column) <= seen
            assert document.position((*path, "no such key")) == key
    found = document.diagnostic(Severity.ERROR, "X", "x", path=(next(iter(document.value), ""),), key=True)
    assert found.position is not None
    assert found.position.text == lines[found.position.line - 1].removesuffix("\r")[:LONGEST_LINE_SHOWN]


def check_value(value: Json) -> None:
    """A JSON value that any later layer can encode, print and compare."""
    if isinstance(value, str):
        value.encode("utf-8")
        assert not list(hidden(value.replace("\r\n", "\n")))
    elif isinstance(value, int):
        assert -(2**63) <= value < 2**63
    else:
        assert value is None or isinstance(value, float | list | dict)
        json.dumps(value if isinstance(value, float) else None, allow_nan=False)


def walk(path: Path, value: Json) -> Iterator[tuple[Path, Json]]:
    """Every value of a document with its path, in the order of the text."""
    yield path, value
    children = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for part, child in children:
        yield from walk((*path, part), child)


def assert_read_alike(text: str, documents: list[Document]) -> None:
    """What is accepted, PyYAML reads as the same values of the same types."""
    loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
    theirs = [value for value in yaml.load_all(text, Loader=loader) if value is not None]
    assert repr([document.value for document in documents]) == repr(theirs)


def mutated(spec: str, choose: random.Random) -> bytes:
    """A spec, or a heap of fragments, with a few edits; now and then with a byte that breaks UTF-8."""
    text = spec if choose.random() < 0.6 else "".join(choose.choices(FRAGMENTS, k=choose.randint(1, 30)))
    for _ in range(choose.randint(1, 4)):
        at, length = choose.randrange(len(text) + 1), choose.choice((0, 0, 1, 2, 5, 40))
        piece = choose.choice(("", choose.choice(FRAGMENTS), text[at : at + length] * 2, chr(choose.randrange(0xD7FF))))
        text = text[:at] + piece + text[at + length :]
    data = text.encode("utf-8")
    if choose.random() < 0.05:
        at = choose.randrange(len(data) + 1)
        data = data[:at] + bytes([choose.randrange(256)]) + data[at:]
    return data


def main(arguments: list[str]) -> int:
    seconds, seed = float(arguments[0]), int(arguments[1]) if len(arguments) > 1 else random.randrange(2**32)
    choose, end, count, accepted = random.Random(seed), time.monotonic() + seconds, 0, 0
    while time.monotonic() < end:
        data = mutated(SPEC, choose)
        try:
            accepted += len(check(data))
        except BaseException:
            traceback.print_exc()
            print(f"seed {seed}, input {count}: {data!r}")
            return 1
        count += 1
    print(f"seed {seed}: {count} inputs, {accepted} documents accepted, no law broken")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
