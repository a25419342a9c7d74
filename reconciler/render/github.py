"""Findings as annotations of GitHub Actions: workflow commands, which the runner reads from the log.

GitHub shows ten errors, ten warnings and ten notices of a step ("Workflow commands for GitHub Actions", and the limits
of annotations). So the first ten of each sort are commands, in an order that does not depend on who found what; the
others are told as plain lines, and counted. What people wrote never makes a command of its own: it is on one line, and
`%`, `:` and `,` are encoded where the runner would act on them.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from ..model import JsonObject
from .members import number, objects, raw
from .safe import safe
from .style import plural

MOST = 10
_COMMANDS = {"error": "error", "warning": "warning", "info": "notice"}


def github(document: JsonObject, *, prefix: str = "", failure: str | None = None) -> str:
    """The commands, the most severe first, then what is left out, and how many findings there are.

    `prefix` leads from the top of the repository to the files; `failure` is why nothing could be checked.
    """
    findings = objects(document, "diagnostics")
    lines = [f"::error::{_data(failure)}"] if failure else []
    for severity in _COMMANDS:
        lines += _of(severity, [each for each in findings if raw(each, "severity") == severity], prefix)
    waived = len(objects(document, "waived"))
    counts = [plural(sum(raw(each, "severity") == s for each in findings), name) for s, name in _COMMANDS.items()]
    return "\n".join([*lines, ", ".join([*counts, *([f"{waived} waived"] if waived else [])]), ""])


def _of(severity: str, findings: Sequence[JsonObject], prefix: str) -> Iterator[str]:
    yield from (_command(severity, each, prefix) for each in findings[:MOST])
    left = findings[MOST:]
    if left:
        yield f"{plural(len(left), f'more {_COMMANDS[severity]}')}, for GitHub shows {MOST} of a step:"
        yield from (f"  {_plain(each, prefix)}" for each in left)


def _command(severity: str, finding: JsonObject, prefix: str) -> str:
    properties: dict[str, str] = {}
    if file := raw(finding, "file"):
        properties["file"] = f"{prefix}{file}" if not file.startswith("/") else file
        if line := number(finding, "line"):
            properties["line"] = str(line)
            if column := number(finding, "column"):
                properties |= {"col": str(column), "endColumn": str(column + max(number(finding, "width", 1), 1) - 1)}
    properties["title"] = " ".join(filter(None, (raw(finding, "rule"), raw(finding, "address"))))
    told = ",".join(f"{name}={_property(value)}" for name, value in properties.items())
    detail = raw(finding, "detail")
    message = _data(raw(finding, "message")) + (f"%0A{_data(detail)}" if detail else "")
    return f"::{_COMMANDS[severity]} {told}::{message}"


def _plain(finding: JsonObject, prefix: str) -> str:
    where = f"{prefix}{raw(finding, 'file')}:{number(finding, 'line')}: " if finding.get("file") else ""
    return safe(f"{where}{raw(finding, 'rule')}: {raw(finding, 'message')}")


def _data(text: str) -> str:
    """A message: made visible first, so that no line end is left, then encoded as the runner decodes it."""
    return safe(text).replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")


def _property(text: str) -> str:
    return _data(text).replace(":", "%3A").replace(",", "%2C")
