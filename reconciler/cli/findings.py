"""The findings of `validate` for CI hosts: SARIF, JUnit and annotations of GitHub Actions.

Their files are told from the top of the repository, which is where those hosts look for them.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace
from pathlib import Path

from .. import __version__
from ..diagnostics import Diagnostic
from ..model import JsonObject
from ..rules import REGISTRY, settle
from ..rules.catalog import elsewhere, entry
from ..waivers import Waiver
from . import git
from .output import Output

FORMATS = ("sarif", "junit", "github")


def tell(
    output: Output,
    findings: Iterable[Diagnostic],
    exempt: Iterable[settle.Exempt],
    *,
    root: Path,
    files: Sequence[str],
    failure: str | None = None,
) -> None:
    """Print them in the format that was asked for. `root` is the folder of the workspace, `files` what was checked."""
    document = _document(findings, exempt, root)
    shown = git.told(root, "rev-parse", "--show-prefix")
    prefix = f"{shown.rstrip('/')}/" if shown else ""
    if output.format == "junit":
        from ..render.junit import junit

        output.text(junit(document, files, prefix=prefix, failure=failure))
    elif output.format == "github":
        from ..render.github import github

        output.text(github(document, prefix=prefix, failure=failure))
    else:
        from ..render.sarif import sarif

        output.document(sarif(document, _rules(document), version=__version__, prefix=prefix, failure=failure))


def _document(findings: Iterable[Diagnostic], exempt: Iterable[settle.Exempt], root: Path) -> JsonObject:
    """The findings as `validate --format json` tells them, and those that are waived with their places."""
    told = (_below(each, root).to_json() for each in findings)
    waived = ({**each.finding.to_json(), **each.to_json()} for each in exempt if isinstance(each.by, Waiver))
    return {"diagnostics": [*told], "waived": [*waived]}


def _below(finding: Diagnostic, root: Path) -> Diagnostic:
    place = finding.position
    if place is None or not Path(place.file).is_relative_to(root):
        return finding
    return replace(finding, position=replace(place, file=Path(place.file).relative_to(root).as_posix()))


def _rules(document: JsonObject) -> dict[str, JsonObject]:
    """What is known of the rules of the findings."""
    listed = [*_objects(document["diagnostics"]), *_objects(document["waived"])]
    return {rule_id: _rule(rule_id) for rule_id in sorted({str(each["rule"]) for each in listed})}


def _objects(value: object) -> list[JsonObject]:
    return [each for each in value if isinstance(each, dict)] if isinstance(value, list) else []


def _rule(rule_id: str) -> JsonObject:
    if rule_id in REGISTRY:
        return entry(REGISTRY[rule_id], {})
    shown = (elsewhere(rule_id) or {}).get("rule")
    return shown if isinstance(shown, dict) else {"id": rule_id}
