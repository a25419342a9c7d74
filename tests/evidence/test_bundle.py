"""Bundles: deterministic, and whatever is changed, added, left out or exchanged is found, with its part."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable
from random import Random
from typing import Any, cast

import pytest

from reconciler.canonical import canonical
from reconciler.diagnostics import has_errors
from reconciler.evidence import chain
from reconciler.evidence.archive import Member, packed, unpacked
from reconciler.evidence.bundle import bundle, connections, file_entry, lacking, manifest_bytes, sealed
from reconciler.evidence.check import RULES, Checked, check, is_bundle
from reconciler.evidence.content import MANIFEST, Content, RunParts, Sources, members, read
from reconciler.records import to_bytes
from reconciler.spec.schema import check_value

from . import given

DATA = given.made(*given.chained(2))


def rules(checked: Checked) -> list[str]:
    return [each.rule for each in checked.findings]


def test_a_whole_bundle() -> None:
    checked = check(DATA)
    assert checked.findings == ()
    assert check_value("evidence", checked.manifest) == []
    assert given.made(*given.chained(2)) == DATA


def test_a_bundle_reads_as_what_it_was_made_of() -> None:
    made = given.content(*given.chained(2))
    found, wrong = read(members(made))
    assert (found, wrong) == (made, [])


def test_one_changed_byte_anywhere_is_refused() -> None:
    draw = Random(7)
    whole = given.made()
    edges = [*range(60), *range(len(whole) - 120, len(whole))]
    for at in {*edges, *draw.sample(range(len(whole)), 150)}:
        data = bytearray(whole)
        data[at] ^= 1 << draw.randrange(8)
        checked = check(bytes(data))
        assert is_bundle(bytes(data))
        assert has_errors(checked.findings), f"byte {at}"
        assert {*rules(checked)} <= {"EVIDENCE101", "EVIDENCE102", "EVIDENCE103"}


@pytest.mark.parametrize("name", [each.name for each in unpacked(DATA)])
def test_the_part_that_was_changed_is_named(name: str) -> None:
    files = [Member(f.name, f.data[:-2] + b" \n" if f.name == name else f.data) for f in unpacked(DATA)]
    [found] = check(packed(files)).findings
    assert found.rule == "EVIDENCE102"
    assert name in found.message


def forged(change: Callable[[dict[str, bytes], dict[str, Any]], None]) -> bytes:
    """A bundle made by somebody who knows how: all digests are right."""
    first, *rest = unpacked(DATA)
    files, manifest = {each.name: each.data for each in rest}, json.loads(first.data)
    change(files, manifest)
    manifest["files"] = [file_entry(Member(name, files[name])) for name in sorted(files)]
    shown = Member(MANIFEST, manifest_bytes(sealed(manifest)))
    return packed([shown, *(Member(name, files[name]) for name in sorted(files))])


def _other_plan(files: dict[str, bytes], _: dict[str, Any]) -> None:
    files["runs/0001/plan.json"] = (canonical(given.plan([("b.yaml", b"")])) + "\n").encode()


def _other_specs(files: dict[str, bytes], _: dict[str, Any]) -> None:
    files[f"specs/{given.COMMIT}/specs/a.yaml"] = b"kind: Z\n"


def _other_record(files: dict[str, bytes], _: dict[str, Any]) -> None:
    files["runs/0001/record.json"] = files["runs/0001/record.json"].replace(b"alex", b"eve ")


def _other_after(files: dict[str, bytes], _: dict[str, Any]) -> None:
    name = "runs/0001/objects/0001-JitSsoPolicy.ios.json"
    files[name] = files[name].replace(b'"SSO"', b'"XXO"')


def _without(name: str) -> Callable[[dict[str, bytes], dict[str, Any]], None]:
    return lambda files, _: files.__delitem__(name)


def _with(name: str) -> Callable[[dict[str, bytes], dict[str, Any]], None]:
    return lambda files, _: files.update({name: b"x"})


def _says(**what: Any) -> Callable[[dict[str, bytes], dict[str, Any]], None]:
    return lambda _, manifest: manifest.update(what)


FORGED: dict[str, tuple[Callable[[dict[str, bytes], dict[str, Any]], None], str]] = {
    "another plan": (_other_plan, "is not the plan that the record names"),
    "other specs": (_other_specs, "`runs` of the manifest"),
    "an edited record": (_other_record, "changed after it was written"),
    "an edited object": (_other_after, "does not say what its record says"),
    "no requests": (_without("runs/0001/requests.json"), "missing: its record has it"),
    "no plan": (_without("runs/0001/plan.json"), "`missing` of the manifest"),
    "no record": (_without("runs/0001/record.json"), "does not belong to a run"),
    "a further file": (_with("notes.txt"), "no bundle has such a file"),
    "a further object": (_with("runs/0001/objects/9999-a.json"), "does not belong to a run"),
    "a file of no commit": (_with(f"specs/{'a' * 40}/x.yaml"), "of a commit that no run names"),
    "events that are none": (_with("runs/0001/events.json"), "not in the form of a bundle"),
    "another owner": (_says(owner="eve"), "another tenant or owner"),
    "another outcome": (_says(breaks=[{"record": given.PLAN["digest"], "why": "forked", "names": None}]), "`breaks`"),
    "nothing missing": (_says(missing=[]), "`missing` of the manifest"),
}  # fmt: skip


@pytest.mark.parametrize("case", FORGED)
def test_a_forged_bundle_does_not_hang_together(case: str) -> None:
    change, words = FORGED[case]
    checked = check(forged(change))
    assert has_errors(checked.findings)
    assert {*rules(checked)} <= {"EVIDENCE104", "EVIDENCE106"}
    assert any(words in each.message for each in checked.findings), checked.findings


def test_a_manifest_that_names_a_file_twice() -> None:
    first, *rest = unpacked(DATA)
    manifest = json.loads(first.data)
    manifest["files"].append(manifest["files"][0])
    data = packed([Member(MANIFEST, manifest_bytes(sealed(manifest))), *rest])
    assert rules(check(data)) == ["EVIDENCE102"]


def test_a_manifest_that_is_nested_too_deep() -> None:
    """At one depth it can be read and not be written again."""
    for depth in range(sys.getrecursionlimit() - 200, sys.getrecursionlimit()):
        data = b'{"a":' + b"[" * depth + b"]" * depth + b"}"
        assert rules(check(packed([Member(MANIFEST, data)]))) == ["EVIDENCE102"]


def test_another_format() -> None:
    _, *rest = unpacked(DATA)
    manifest = sealed({**(check(DATA).manifest or {}), "formatVersion": 2})
    assert rules(check(packed([Member(MANIFEST, manifest_bytes(manifest)), *rest]))) == ["EVIDENCE103"]


@pytest.mark.parametrize(("dirty", "severity"), [(False, "error"), (True, "warning")])
def test_specs_that_the_plan_was_not_made_from(dirty: bool, severity: str) -> None:
    checked = check(given.made(given.record(dirty=dirty), specs=(("specs/b.yaml", b""),)))
    assert [(each.rule, each.severity) for each in checked.findings] == [("EVIDENCE106", severity)]


def test_runs_that_are_not_in_their_order() -> None:
    one, two = given.chained(2)
    checked = check(given.made(two, one))
    assert [(each.rule, "order of their chain" in each.message) for each in checked.findings] == [("EVIDENCE104", True)]


def test_files_that_are_not_in_their_order() -> None:
    first, *rest = unpacked(DATA)
    manifest, turned = json.loads(first.data), [*reversed(rest)]
    manifest["files"] = [file_entry(each) for each in turned]
    checked = check(packed([Member(MANIFEST, manifest_bytes(sealed(manifest))), *turned]))
    assert has_errors(checked.findings)


def test_line_ends_as_git_writes_them_on_windows() -> None:
    """The plan was made from files with `\\r\\n`, and the commit has them with `\\n`: they are the same specs."""
    committed = tuple((name, data * 2) for name, data in given.SPECS)
    made = given.plan([(name, data.replace(b"\n", b"\r\n")) for name, data in committed])
    run = RunParts(given.record(saved_plan=str(made["digest"])), made)
    assert check(bundle(Content((run,), (), {given.COMMIT: Sources(committed)}))).findings == ()


def test_more_runs_than_four_digits_count() -> None:
    one, two = given.chained(2)
    files = [Member(f"runs/{n}/record.json", to_bytes(each)) for n, each in (("10000", two), ("9999", one))]
    assert [run.record for run in read(files)[0].runs] == [one, two]


def test_a_plan_that_goes_back_needs_no_specs() -> None:
    """It comes from the record of another run: the specs of the commit say nothing of it."""
    source: Any = {"record": given.PLAN["digest"], "path": "run.json"}
    for specs in ({}, {given.COMMIT: Sources(given.SPECS)}):
        content = Content((RunParts(given.record(), {**given.PLAN, "source": source}),), (), specs)
        assert "specs" not in [what for _, what, _ in lacking(content, None)]
        [run] = cast("list[Any]", connections(content)["runs"])
        assert run["specs"]["ofPlan"] is None


def test_every_finding_is_explained() -> None:
    assert [*RULES] == sorted(RULES)


# The chain

ONE, TWO, THREE, FOUR = given.chained(4)
APART, BESIDE = given.record(9), given.record(7, str(ONE["digest"]))


@pytest.mark.parametrize(
    ("records", "why"),
    [
        ([ONE], []),
        ([TWO], []),
        ([THREE, TWO], []),
        ([ONE, THREE], ["missing"]),
        ([ONE, FOUR, TWO], ["missing"]),
        ([ONE, APART], ["began-anew"]),
        ([ONE, TWO, BESIDE], ["forked"]),
    ],
)
def test_a_missing_run_shows(records: list[Any], why: list[str]) -> None:
    ordered = chain.in_order(records)
    cut_off = [each for each in records if each["previousRecord"] not in {None, *(one["digest"] for one in records)}]
    assert [each["startedAt"] for each in ordered] == sorted(each["startedAt"] for each in records)
    checked = check(given.made(*ordered))
    assert [each.why for each in chain.breaks(ordered)] == why
    told: Any = (checked.manifest or {})["missing"]
    assert [each["what"] for each in told].count("previous") == len(cut_off)
    assert rules(checked) == ["EVIDENCE105"] * len(why)
    assert not has_errors(checked.findings)


def test_the_chain_is_filled_from_what_is_at_hand() -> None:
    known = {str(each["digest"]): each for each in (ONE, TWO, THREE)}
    assert chain.between([FOUR], known) == [THREE]
    assert chain.between([FOUR, ONE], known) == [TWO, THREE]
    assert chain.between([ONE], known) == []
    checked = check(given.made(ONE, FOUR, links=[TWO, THREE]))
    assert checked.findings == ()
