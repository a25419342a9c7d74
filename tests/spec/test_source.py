"""The YAML loader as its callers see it: documents, places, limits, encodings, and what survives of a broken file."""

from __future__ import annotations

import subprocess
import sys
import tracemalloc
from collections.abc import Callable
from types import FrameType

import pytest

from reconciler.diagnostics import Diagnostic, Position, Severity
from reconciler.model import Address, Path
from reconciler.spec import yaml_rules
from reconciler.spec.findings import MAX_FINDINGS
from reconciler.spec.source import MAX_BYTES, MAX_DEPTH, MAX_DOCUMENTS, MAX_NODES, RULES, load

SPEC = """\
# A comment is no node.
apiVersion: intune.reconciler/v1
metadata: {name: "jit", labels: {}}
spec:
  displayName: 'iOS – JIT'
  description: |
    Two
    lines
  apps:
    - com.example.mail
    -
      id: 7
  none:
  far: {deep: [[1, -2.5], {x: y}]}
"""


def places(text: str) -> list[str]:
    """`line:column RULE` of everything that is wrong with a text."""
    return [f"{f.position.line}:{f.position.column} {f.rule}" for f in load("a.yaml", text.encode())[1] if f.position]


def only(data: bytes) -> Diagnostic:
    documents, findings = load("a.yaml", data)
    assert documents == []
    assert len(findings) == 1
    return findings[0]


@pytest.mark.parametrize(
    ("path", "key", "line", "column", "width"),
    [
        ((), False, 2, 1, 1),
        (("apiVersion",), False, 2, 13, 20),
        (("apiVersion",), True, 2, 1, 10),
        (("metadata",), False, 3, 11, 1),
        (("metadata", "name"), False, 3, 18, 5),
        (("metadata", "labels"), True, 3, 25, 6),
        (("metadata", "labels"), False, 3, 33, 1),
        (("spec",), True, 4, 1, 4),
        (("spec",), False, 5, 3, 1),
        (("spec", "displayName"), False, 5, 16, 11),
        (("spec", "description"), False, 6, 16, 1),
        (("spec", "apps", 0), False, 10, 7, 16),
        (("spec", "apps", 0), True, 10, 7, 16),
        (("spec", "apps", 1, "id"), False, 12, 11, 1),
        (("spec", "none"), False, 13, 8, 1),
        (("spec", "none"), True, 13, 3, 4),
        (("spec", "far", "deep", 0, 1), False, 14, 20, 4),
        (("spec", "far", "deep", 1, "x"), False, 14, 31, 1),
        # What is not there stands where its nearest ancestor has its key.
        (("spec", "displayname"), False, 4, 1, 4),
        (("spec", "apps", 5, "id"), False, 9, 3, 4),
        (("spec", "apps", 1, "name"), False, 12, 7, 1),  # An entry of a list has no key: the entry itself.
        (("spec", "displayName", "x"), True, 5, 3, 11),
        (("spec", "apps", "0"), False, 9, 3, 4),
        (("nothing",), False, 2, 1, 1),
    ],
)
def test_places(path: Path, key: bool, line: int, column: int, width: int) -> None:
    [document], _ = load("specs/a.yaml", SPEC.encode())
    expected = Position("specs/a.yaml", line, column, SPEC.split("\n")[line - 1], width)
    assert document.position(path, key=key) == expected


def test_diagnostic_of_a_document() -> None:
    [document], _ = load("specs/a.yaml", SPEC.encode())
    address = Address("JitSsoPolicy", "jit")
    found = document.diagnostic(
        Severity.WARNING, "JIT000", "too few", detail="Add one.", path=("spec", "apps", 0), address=address
    )
    assert found == Diagnostic(
        Severity.WARNING,
        "JIT000",
        "too few",
        "Add one.",
        Position("specs/a.yaml", 10, 7, "    - com.example.mail", 16),
        address,
        "/spec/apps/0",
    )
    assert document.diagnostic(Severity.INFO, "X", "x").path == ""


def test_places_in_a_file_with_a_mark_and_windows_line_ends() -> None:
    [document], _ = load("a.yaml", b"\xef\xbb\xbfa: 1\r\n\xf0\x9f\x98\x80: [x,\r\n  y]\r\n")
    assert document.value == {"a": 1, "\U0001f600": ["x", "y"]}
    assert document.position(("a",)) == Position("a.yaml", 1, 4, "a: 1", 1)
    assert document.position(("\U0001f600", 1)) == Position("a.yaml", 3, 3, "  y]", 1)
    assert document.position(("\U0001f600",)).column == 4


def test_documents_are_counted_and_empty_ones_left_out() -> None:
    documents, findings = load("a.yaml", b"---\n# nothing\n---\na: 1\n---\n---\nb: 2\n...\n---\n")
    assert [(document.index, document.value) for document in documents] == [(1, {"a": 1}), (3, {"b": 2})]
    assert findings == []
    assert documents[1].position(("b",)).line == 7


@pytest.mark.parametrize("text", ["", "\n", "# a comment\n", "---\n", "\ufeff", "  \n\n"])
def test_a_file_without_content_has_no_documents(text: str) -> None:
    assert load("a.yaml", text.encode()) == ([], [])


def test_documents_without_error_are_loaded() -> None:
    documents, findings = load("a.yaml", b"a: 1\n---\nb: yes\n---\nc: 3\n---\n- d\n---\ne: [\n")
    assert [(document.index, document.value) for document in documents] == [(0, {"a": 1}), (2, {"c": 3})]
    assert [finding.rule for finding in findings] == ["YAML130", "YAML106", "YAML110"]


def test_a_hidden_character_refuses_its_document_only() -> None:
    documents, findings = load("a.yaml", "a: 1\n---\n# \u202e\nb: 2\n---\nc: 3\n".encode())
    assert [document.value for document in documents] == [{"a": 1}, {"c": 3}]
    assert [finding.rule for finding in findings] == ["YAML103"]


def test_a_document_that_ends_in_a_line_that_does_not_fit_is_not_complete() -> None:
    documents, findings = load("a.yaml", b"z: 0\n---\n  a: 1\nb: 2\n")
    assert [document.value for document in documents] == [{"z": 0}]
    assert [finding.rule for finding in findings] == ["YAML110"]


def test_both_lines_of_a_duplicate_key_are_named() -> None:
    assert only(b"a: 1\nb:\n  c: 1\n  d: 1\n  c: 2\n").message == "the key 'c' stands in line 3 and again in line 5"
    assert only(b"a: {c: 1, c: 1}\n").message == "the key 'c' stands twice in line 1"


@pytest.mark.parametrize(
    ("text", "remedy"),
    [
        ("a: {{DEVICEREGISTRATION}}\n", 'Quote it: "{{DEVICEREGISTRATION}}"'),
        ("a: {{X}} {{Y}} # z\n", 'Quote it: "{{X}} {{Y}}"'),
        ("a: 17.10\n", 'Quote it if it is a version or a name: "17.10"'),
        ("a: 22:30\n", 'Quote it: "22:30".'),
        ("a: NO\n", 'Write false for the boolean, or "NO" for the text.'),
        ("a: True\n", 'Write true, or "True" for the text.'),
        ("1: x\n", 'Write "1".'),
    ],
)
def test_remedies_say_what_to_write(text: str, remedy: str) -> None:
    assert only(text.encode()).detail == remedy


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("a: 'it's'\n", "nothing can follow behind ' but a comment"),
        ("a: [x] y\n", "nothing can follow behind ] but a comment"),
        ("a: [\n", "the file ends inside [ or {"),
        ("a: {b: [1,\n", "the file ends inside [ or {"),
        ("a: ,\n", "a value is expected here"),
        ('a: "x\nb: 1\n', "the quoted text that begins here does not end (noticed in line 2)"),
        ("a:\n  - b\n  c: 1\n", "this line does not fit into the list before it; what it stands in begins in line 2"),
        ("a: @x\n", "a value cannot begin with @"),
        ("a: *.x\n", "a * begins an alias in YAML, and this is none"),
    ],
)
def test_syntax_errors_are_worded_for_people(text: str, message: str) -> None:
    assert only(text.encode()).message == message


def test_findings_point_into_the_document() -> None:
    _, findings = load("a.yaml", b"a:\n  - b: yes\n    c/d: [1, 0x1]\n    ? [x]\n    : 1\n    on: {e: *f}\n")
    assert [finding.path for finding in findings] == ["/a/0/b", "/a/0/c~1d/1", "/a/0", "/a/0/on", "/a/0/on/e"]


@pytest.mark.parametrize(
    ("data", "message", "line", "column"),
    [
        ("a: 1\n".encode("utf-16"), "the file is UTF-16, not UTF-8", 1, 1),
        ("a: 1\n".encode("utf-32"), "the file is UTF-32, not UTF-8", 1, 1),
        (b"\xfe\xff\0a", "the file is UTF-16, not UTF-8", 1, 1),
        ("a: 1\n".encode("utf-16-le"), "the file has null bytes like UTF-16 or UTF-32, not UTF-8", 1, 1),
        ("a: 1\n".encode("utf-32-be"), "the file has null bytes like UTF-16 or UTF-32, not UTF-8", 1, 1),
        ("a: 1\nbé: ".encode() + b"\xe9\n", "the byte 0xE9 is not UTF-8 here", 2, 5),
        (b"\xef\xbb\xbfa\xff", "the byte 0xFF is not UTF-8 here", 1, 2),
        (b"a: \xed\xa0\x80", "the byte 0xED is not UTF-8 here", 1, 4),
        (b"a: \xc0\x80", "the byte 0xC0 is not UTF-8 here", 1, 4),
    ],
)
def test_what_is_not_utf8(data: bytes, message: str, line: int, column: int) -> None:
    found = only(data)
    assert (found.rule, found.message) == ("YAML102", message)
    assert found.position is not None
    assert (found.position.line, found.position.column) == (line, column)


def nested(depth: int) -> str:
    return "a: " + "[" * (depth - 1) + "]" * (depth - 1) + "\n"


def test_depth() -> None:
    assert places(nested(MAX_DEPTH)) == []
    assert places(nested(MAX_DEPTH + 1)) == [f"1:{3 + MAX_DEPTH} YAML104"]
    assert places("? " * (MAX_DEPTH + 1) + "a\n") == [f"1:{2 * MAX_DEPTH + 1} YAML104"]


def test_nodes() -> None:
    # The root, the key, the list, and its entries.
    assert places("a: [" + "1," * (MAX_NODES - 3) + "]") == []
    assert [place.split()[1] for place in places("a: [" + "1," * (MAX_NODES - 2) + "]")] == ["YAML105"]
    half = "a: [" + "1," * (MAX_NODES // 2) + "]\n"
    documents, findings = load("a.yaml", f"{half}---\n{half}".encode())
    assert [document.index for document in documents] == [0]
    assert [finding.rule for finding in findings] == ["YAML105"]


def test_documents() -> None:
    documents, findings = load("a.yaml", b"---\na: 1\n" * (MAX_DOCUMENTS + 1))
    assert len(documents) == MAX_DOCUMENTS
    assert [finding.rule for finding in findings] == ["YAML105"]


def test_bytes() -> None:
    comment = b"#" * (MAX_BYTES - 6) + b"\na: 1\n"
    assert len(load("a.yaml", comment[1:])[0]) == 1
    assert only(comment + b"\xff").rule == "YAML101"


def test_findings_are_bounded() -> None:
    text = "".join(f"k{number}: yes\n" for number in range(MAX_FINDINGS + 20))
    documents, findings = load("a.yaml", text.encode())
    assert documents == []
    assert [finding.rule for finding in findings] == ["YAML130"] * MAX_FINDINGS + ["YAML100"]
    assert findings[-1].severity is Severity.INFO
    assert len(load("a.yaml", text.encode()[: -len("k000: yes\n") * 20])[1]) == MAX_FINDINGS


def test_findings_repeat_no_long_text() -> None:
    key, value = "k" * 900, "1" * 100_000
    _, findings = load("a.yaml", f"? {key * 900}\n: yes\n{key}: {value}\n*{key} : &{key} !{key} x\n{key}: 1\n".encode())
    assert {finding.rule for finding in findings} >= {"YAML120", "YAML121", "YAML122", "YAML124", "YAML130", "YAML138"}
    for finding in findings:
        assert finding.position is not None
        assert len(finding.message) + len(finding.detail or "") + len(finding.path or "") < 1_500
        assert len(finding.position.text) <= 500


HOSTILE: dict[str, Callable[[int], str]] = {
    "brackets": lambda n: "[" * n,
    "braces": lambda n: "{" * n,
    "keys": lambda n: "? " * n,
    "dashes": lambda n: "- " * n,
    "colons": lambda n: "a: " * n,
    "quotes": lambda n: '"' * n,
    "open brackets in lines": lambda n: "[\n" * n,
    "tokens": lambda n: "a: {{b}}\n" * n,
    "anchors": lambda n: "- &a *a\n" * n,
    "laughs": lambda n: "a0: &a0 [x]\n" + "".join(f"a{i}: &a{i} [*a{i - 1}, *a{i - 1}]\n" for i in range(1, n)),
    "merges": lambda n: (
        "a0: &a0 {x: y}\n" + "".join(f"a{i}: &a{i}\n  <<: [*a{i - 1}, *a{i - 1}]\n" for i in range(1, n))
    ),
    "duplicates": lambda n: "a: 1\n" * n,
    "distinct keys": lambda n: "".join(f"k{i}: 1\n" for i in range(n)),
    "directives": lambda n: "".join(f"%TAG !{i}! x\n" for i in range(n)),
    "controls": lambda n: "\x1b\n" * n,
    "controls in a line": lambda n: "\x1b\x01" * n,
    "escapes": lambda n: 'a: "' + r"\x1b" * n + '"',
    "digits": lambda n: "a: " + "1" * n,
    "decimals": lambda n: "a: 1." + "1" * n,
    "underscores": lambda n: "a: 1" + "_" * n + "x",
    "sexagesimals": lambda n: "a: 1" + ":1" * n + "x",
    "spaces in a date": lambda n: "a: 2026-01-01" + " " * n + "x",
    "documents": lambda n: "---\na: 1\n" * n,
    "lists as documents": lambda n: "--- []\n" * n,
    "long key": lambda n: "? " + "k" * n + "\n: {" + "a: yes, " * n + "}\n",
}


@pytest.mark.parametrize("make", HOSTILE.values(), ids=HOSTILE)
def test_work_grows_no_faster_than_the_text(make: Callable[[int], str]) -> None:
    """Calls, Python's and C's, instead of seconds: they do not depend on who else uses the machine."""
    some, more = (calls(make(size).encode()) for size in (400, 1600))
    assert more <= 4.5 * some + 500


def calls(data: bytes) -> int:
    count = 0

    def profile(frame: FrameType, event: str, argument: object) -> None:
        nonlocal count
        count += event in ("call", "c_call")

    load("warm.yaml", b"a: yes\n")
    sys.setprofile(profile)
    try:
        load("a.yaml", data)
    finally:
        sys.setprofile(None)
    return count


@pytest.mark.parametrize("make", HOSTILE.values(), ids=HOSTILE)
def test_hostile_text_of_full_size_is_told_in_few_findings(make: Callable[[int], str]) -> None:
    text = make(MAX_BYTES // len(make(1)))[:MAX_BYTES]
    documents, findings = load("a.yaml", text.encode()[:MAX_BYTES])
    assert documents or findings
    assert len(findings) <= MAX_FINDINGS + 1


@pytest.mark.parametrize("make", HOSTILE.values(), ids=HOSTILE)
def test_memory_stays_in_proportion_to_the_text(make: Callable[[int], str]) -> None:
    data = make(2**16 // len(make(1))).encode()
    tracemalloc.start()
    try:
        load("a.yaml", data)
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert peak < 70 * len(data)


def test_every_rule_has_a_meaning_and_a_remedy() -> None:
    assert list(RULES) == sorted(RULES)
    for rule, meaning in RULES.items():
        assert rule.startswith("YAML1")
        assert meaning.endswith(".")
        assert yaml_rules.REMEDIES[rule].endswith(".")


def test_without_libyaml_the_same_is_accepted_and_refused() -> None:
    """In a process of its own, because the parser is chosen at import; rules differ only where the wordings do."""
    script = (
        "import sys; sys.modules['yaml._yaml'] = None\n"
        "from test_source_cases import ACCEPTED, REFUSED\n"
        "from reconciler.spec.source import load\n"
        "import yaml; assert not yaml.__with_libyaml__\n"
        "for name, text, value in ACCEPTED:\n"
        "    documents, findings = load('a.yaml', text.encode())\n"
        "    assert [document.value for document in documents] == [value] and not findings, name\n"
        "for name, text, expected in REFUSED:\n"
        "    documents, findings = load('a.yaml', text.encode())\n"
        "    assert not documents and findings[0].rule in expected, (name, findings)\n"
    )
    path = [place for place in sys.path if place]
    done = subprocess.run(
        [sys.executable, "-c", f"import sys; sys.path[:] = {path!r}\n{script}"],
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
