"""Every case below `cases/`: live objects in, the exact files and what is said of the others out.

A case has `live` and `names` as the kinds' cases have them, and may have `renamed` (what the workspace calls things),
`pins`, `files` (specs that there are), `rules` (whether the rule pack judges), and `options` of the import. `expect`
has `files`, each by its address with its text, `entries` (what else becomes of objects: display name, status, a part of
the reason), and `advice`. What is left out has to be empty.
"""

from __future__ import annotations

from datetime import date
from pathlib import Path
from typing import Any

import pytest
import yaml

from reconciler.adopting.adopt import Adoption, adopt
from reconciler.adopting.survey import Entry, Status
from reconciler.cli.project import check, judge
from reconciler.kind import World
from reconciler.live import Pinned
from reconciler.model import Address
from tests.kinds.test_cases import LOADER, filled
from tests.kinds.world import plan_of, world_of

from .given import judged, only_markers, place, terms

HERE = Path(__file__).parent
FILES = sorted((HERE / "cases").glob("*.yaml"))
MEMBERS = {"about", "live", "names", "renamed", "pins", "files", "rules", "options", "previousOwners", "expect"}
HEAD = "apiVersion: intune.reconciler/v1\nkind: {}\n"
"""What files of cases begin with, behind their comments; left out there."""


def with_rules(files: Any) -> Any:
    return judge(check(files), None, None, date(2026, 3, 1)).specs


@pytest.fixture(params=FILES, ids=lambda file: file.stem)
def case(request: pytest.FixtureRequest) -> dict[str, Any]:
    case: dict[str, Any] = yaml.load(request.param.read_text(encoding="utf-8"), Loader=LOADER)
    assert case.keys() <= MEMBERS
    return case


def world(case: dict[str, Any], files: dict[str, str]) -> World:
    specs = judged([(name, text.encode()) for name, text in files.items()])
    live = {key: [filled(each) for each in objects] for key, objects in (case.get("live") or {}).items()}
    owners = tuple(case.get("previousOwners") or ())
    made = world_of(specs, live, case.get("names") or {}, previous_owners=owners)
    pinned = Pinned(groups=case.get("pins") or {})
    return replaced(made, case.get("renamed") or {}, pinned)


def replaced(made: World, renamed: dict[str, dict[str, str]], pinned: Pinned) -> World:
    """The world of a workspace that calls things otherwise, and that has pins."""
    from dataclasses import replace

    names = made.names
    groups = {**names.groups, **{ours: names.groups[theirs] for ours, theirs in renamed.get("groups", {}).items()}}
    return replace(made, renamed=renamed, names=replace(names, groups=groups, pinned=pinned))


def imported(case: dict[str, Any], files: dict[str, str]) -> Adoption:
    options = dict(case.get("options") or {})
    if "named" in options:  # as --kind: nothing is passive then
        options["chosen"] = frozenset(options.pop("named"))
    judge_ = with_rules if case.get("rules") else judged
    return adopt(world(case, files), terms(files, judge=judge_, **options))


def test_the_specs_are_these(case: dict[str, Any]) -> None:
    files, expect = case.get("files") or {}, case["expect"]
    adoption = imported(case, files)
    written = [(str(e.address), e.file) for e in adoption.entries if e.file and e.file in adoption.files]
    found = {address: shortened(adoption.files[file]) for address, file in written}
    assert found == (expect.get("files") or {})
    assert {*adoption.files} == {place(Address.parse(address)) for address in found}
    others = [told(e) for e in adoption.entries if e.status is not Status.WRITTEN]
    assert len(others) == len(expect.get("entries") or [])
    for (name, status, reason), each in zip(others, expect.get("entries") or [], strict=True):
        assert (name, status) == (each["name"], each["status"])
        assert each.get("reason", "") in reason
    assert [*adoption.advice] == (expect.get("advice") or [])


def shortened(text: str) -> str:
    """The text of a file without what all begin with."""
    kind = text.partition("\nkind: ")[2].partition("\n")[0]
    head = HEAD.format(kind)
    assert head in text
    return text.replace(head, "")


def told(entry: Entry) -> tuple[str, str, str]:
    """Name, status and reason; the rules that it breaks stand for the reason."""
    findings = [f"{found.rule}: {found.message}" for found in entry.findings]
    reasons = [entry.reason, *findings] if entry.reason else findings
    return entry.live.display_name if entry.live else str(entry.address), entry.status.value, "; ".join(reasons)


def test_the_plan_is_empty_but_for_markers(case: dict[str, Any]) -> None:
    files = case.get("files") or {}
    adoption = imported(case, files)
    if any(entry.findings and entry.file for entry in adoption.entries):
        return  # written although it breaks rules: nothing is planned from it
    every = {**files, **adoption.files}
    specs = judged([(name, text.encode()) for name, text in every.items()])
    only_markers(plan_of(specs, world(case, every)).plan, adoption)
    assert imported(case, every).files == {}
