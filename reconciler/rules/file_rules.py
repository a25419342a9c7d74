"""Rules about spec files: what YAML, editors and template engines make of a value.

Most of them are found by the YAML reader and the schema, whose ids are reported; a finding has one id.
"""

from __future__ import annotations

from collections.abc import Iterator

from ..diagnostics import Severity
from ..facts import REGISTRATION_KEY, REGISTRATION_VALUE, SsoPolicy
from ..model import Json, Path
from . import keys
from .model import BOTH, OFFLINE, Context, Estate, Finding, decided, rule
from .sso_rules import of_plugin
from .text import bare

_JUDGED_ELSEWHERE = frozenset({"additionalConfiguration", "appBundleIds"})
"""Fields whose texts have rules of their own about their ends."""
_OF_LINES = frozenset({"description", "rule"})
"""Fields of several lines, where a line break at the end means nothing."""

JIT801 = decided(
    "JIT801", Severity.ERROR, "A value with {{…}} stands without quotes.",
    by="the YAML reader", decides=OFFLINE, reported_as=("YAML112",),
    says="To YAML, braces without quotes are a mapping: Microsoft's own spelling of the token has to be quoted.",
)  # fmt: skip
JIT802 = decided(
    "JIT802", Severity.ERROR, "A key stands twice in one mapping.",
    by="the YAML reader", decides=OFFLINE, reported_as=("YAML120",),
    says="Most readers of YAML keep the last of two equal keys, and say nothing.",
)  # fmt: skip


@rule(
    "JIT803", Severity.WARNING, "A text ends with a line break, which a block scalar has added.",
    about=Estate,
    says="A block scalar (| or >) keeps the line break at its end; |- and >- do not.",
)  # fmt: skip
def JIT803(estate: Estate, context: Context) -> Iterator[Finding]:  # noqa: N802 - becomes a value
    for each in estate.declared:
        for path, text in _texts(each.desired.document.value, ("spec",)):
            name = next((str(part) for part in reversed(path) if isinstance(part, str)), "")
            yield Finding(
                f"`{name}` ends with a line break: {text.rstrip()!r} is another name than the one with it",
                "write it on one line in quotes, or use |- instead of |",
                path,
                about=each.desired,
            )


def _texts(document: Json, path: Path) -> Iterator[tuple[Path, str]]:
    """The texts of one line below `path` that end with a line break, each with its place."""
    value = document.get("spec") if isinstance(document, dict) else None
    todo: list[tuple[Path, Json]] = [(path, value)]
    while todo:
        at, found = todo.pop()
        if isinstance(found, str):
            if found.endswith("\n") and found.strip():
                yield at, found
        elif isinstance(found, dict):
            skipped = _JUDGED_ELSEWHERE | _OF_LINES
            todo += [((*at, key), below) for key, below in reversed(found.items()) if key not in skipped]
        elif isinstance(found, list):
            todo += [((*at, index), below) for index, below in reversed([*enumerate(found)])]


JIT804 = decided(
    "JIT804", Severity.ERROR, "A boolean stands where the key takes the number 0 or 1.",
    by="the schema and the YAML reader", decides=OFFLINE, reported_as=("SCHEMA106", "YAML130"),
    says="The plug-in reads switches as integers; yes, on and true are none.",
)  # fmt: skip


@rule(
    "JIT805", Severity.ERROR, "Nothing is left where the registration token has to stand.",
    about=SsoPolicy, decides=BOTH, fixed=True, reported_as=("SCHEMA106",),
    says="Template engines such as Jinja and Helm take {{…}} for their own and put nothing in its place.",
)  # fmt: skip
def JIT805(policy: SsoPolicy, context: Context) -> Iterator[Finding]:  # noqa: N802
    for entry in keys.entries(policy, REGISTRATION_KEY) if of_plugin(policy) else ():
        if entry.pair.type == "string" and isinstance(entry.pair.value, str) and not bare(entry.pair.value):
            yield Finding(
                f"{REGISTRATION_KEY} is empty: was the file rendered by a template engine?",
                f'keep it out of the template, or escape it there: the value is exactly "{REGISTRATION_VALUE}"; '
                "jitRegistration: true writes it without any braces in the file",
                entry.at_value,
            )
