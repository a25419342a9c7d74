"""The findings of `validate` as JUnit XML, which GitLab, Azure Pipelines and Jenkins show as tests.

A file is a test suite and every finding a test case: an error fails, what is waived is skipped, a warning passes with
its text as output. A file without a finding has one case, so that it is seen to have been looked at. Read by
"Unit test reports" of GitLab and "Publish Test Results" of Azure Pipelines; there is no published schema.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from xml.sax.saxutils import escape, quoteattr

from ..model import JsonObject
from .members import number, objects, raw
from .safe import safe

_NO_XML = re.compile("[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
_NO_FILE = "(no file)"


def junit(document: JsonObject, files: Sequence[str], *, prefix: str = "", failure: str | None = None) -> str:
    """The whole document. `files` are those that were checked; `prefix` leads to them from the top of the repository.

    `failure` is why nothing could be checked.
    """
    findings = [*objects(document, "diagnostics"), *({**each, "waived": True} for each in objects(document, "waived"))]
    if failure:
        findings.append({"severity": "error", "rule": "validate", "message": failure})
    suites: dict[str, list[JsonObject]] = {file: [] for file in sorted(files)}
    for each in findings:
        suites.setdefault(raw(each, "file") or _NO_FILE, []).append(each)
    shown = [line for file, found in suites.items() for line in _suite(file, found, prefix)]
    total = _counts([c for found in suites.values() for c in found or [{}]])
    head = f'<testsuites name="reconciler validate" {total}>'
    return "\n".join(['<?xml version="1.0" encoding="UTF-8"?>', head, *shown, "</testsuites>", ""])


def _suite(file: str, found: Sequence[JsonObject], prefix: str) -> Iterable[str]:
    path = file if file == _NO_FILE or file.startswith("/") else f"{prefix}{file}"
    cases = found or [{}]
    yield f"  <testsuite name={_quoted(path)} {_counts(cases)}>"
    seen: Counter[str] = Counter()
    for each in cases:
        name = _name(each)
        seen[name] += 1  # GitLab shows one of several cases that are called the same
        yield from _case(each, path, f"{name} ({seen[name]})" if seen[name] > 1 else name)
    yield "  </testsuite>"


def _name(finding: JsonObject) -> str:
    line = number(finding, "line")
    about = (raw(finding, "rule"), raw(finding, "address"), f"line {line}" if line else "")
    return " ".join(filter(None, about)) or "valid"


def _counts(cases: Sequence[JsonObject]) -> str:
    failures = sum(_fails(each) for each in cases)
    skipped = sum(each.get("waived") is True for each in cases)
    return f'tests="{len(cases)}" failures="{failures}" errors="0" skipped="{skipped}"'


def _fails(finding: JsonObject) -> bool:
    return raw(finding, "severity") == "error" and finding.get("waived") is not True


def _case(finding: JsonObject, path: str, name: str) -> Iterable[str]:
    line = number(finding, "line")
    place: Mapping[str, str] = {"classname": path, "name": name, "file": path, "line": str(line or "")}
    told = " ".join(f"{name}={_quoted(value)}" for name, value in place.items() if value)
    if not finding:
        yield f"    <testcase {told}/>"
        return
    yield f"    <testcase {told}>"
    yield f"      {_outcome(finding, path)}"
    yield "    </testcase>"


def _outcome(finding: JsonObject, path: str) -> str:
    message, detail, line = raw(finding, "message"), raw(finding, "detail"), number(finding, "line")
    where = f"{path}:{line}:{number(finding, 'column')}" if line else path
    text = escape(_clean("\n".join(filter(None, (safe(message), safe(detail), safe(where))))))
    if finding.get("waived") is True:
        why = f"waived until {raw(finding, 'expires')} by {raw(finding, 'waiver')}: {raw(finding, 'reason')}"
        return f"<skipped message={_quoted(why)}/>"
    if _fails(finding):
        return f"<failure type={_quoted(raw(finding, 'rule'))} message={_quoted(message)}>{text}</failure>"
    return f"<system-out>{escape(_clean(raw(finding, 'severity')))}: {text}</system-out>"


def _quoted(text: str) -> str:
    return quoteattr(_clean(safe(text)))


def _clean(text: str) -> str:
    """Without what no XML document may hold."""
    return _NO_XML.sub("?", text)
