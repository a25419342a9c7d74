"""Laws over the cases of every kind: which side moved is told right, and a spec that accepted departs no more."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from typing import Any

import pytest
import yaml

from reconciler.drift.accept import Declined, Proposal, proposed
from reconciler.drift.direction import Case, leanings
from reconciler.drift.findings import cases, found_in
from reconciler.drift.model import Applied, Direction, Finding, Ground, Specified, What
from reconciler.kinds import REGISTRY
from reconciler.spec import source
from reconciler.spec.edit import edited
from reconciler.waivers import is_possible
from tests.kinds.test_cases import HERE, filled, planned_for
from tests.kinds.world import text_of

from . import given
from .given import Departure

AMBIGUOUS = {"AssignmentFilter/created-and-swapped-in", "AssignmentFilter/created-and-used"}
"""The filter that the run used is gone under its id, so whether the spec means it cannot be told."""
UNSAYABLE = {
    "EnrollmentProfile/assignments-odd-live-ones": "profiles take no devices",
    "EnrollmentProfile/type-no-options": "a profile without any option",
    "JitSsoPolicy/doubled-live-pair": "a pair that is there twice",
    "JitSsoPolicy/wrong-live-pairs": "a pair of the wrong type",
}
"""Live values that no valid spec can say, each with what it is."""
KINDS = sorted(REGISTRY)
REPOSITORY = {Direction.REPOSITORY, Direction.UNKNOWN}
"""Unknown where a spec without the field cannot be compared."""


@pytest.fixture(params=KINDS)
def departures(request: pytest.FixtureRequest) -> tuple[Departure, ...]:
    """The departures of one kind."""
    return given.departures(request.param)


def found(departure: Departure, ground: Any, ids: Any = None) -> list[Finding]:
    every = cases(departure.planned, ids)
    findings = found_in(departure.planned, every, ground, lambda *_: None)
    return [each for each in findings if each.what in (What.FIELD, What.MISSING)]


def directions(findings: list[Finding]) -> set[Direction]:
    return {each.leaning.direction for each in findings}


def test_what_a_run_left_and_nobody_touched_is_behind_the_repository(departures: tuple[Departure, ...]) -> None:
    """And what a run left in line with the specs and departs now has moved in the tenant."""
    for each in departures:

        def as_now(case: Any, departure: Departure = each) -> Ground:
            return given.left_by(departure.planned, case.subject.address)

        assert directions(found(each, as_now)) <= {Direction.REPOSITORY}, each.name
        after = each.in_line()
        if after is None:
            continue

        def in_line(case: Any, after: Any = after) -> Ground:
            return given.left_by(after, case.subject.address)

        told = directions(found(each, in_line, given.ids(after)))
        assert told <= {Direction.TENANT} or each.name in AMBIGUOUS, (each.name, told)


def test_without_anything_to_go_by_no_direction_is_guessed(departures: tuple[Departure, ...]) -> None:
    for each in departures:
        assert directions(found(each, lambda _: None)) <= {Direction.UNKNOWN}, each.name


def test_a_spec_that_a_run_found_so_and_is_the_same_still_has_the_tenant_ahead(
    departures: tuple[Departure, ...],
) -> None:
    """A spec that was not there then is ahead of a tenant without the object; else nobody knows what that had then."""
    for each in departures:
        same = found(each, lambda case: Specified(given.RUN, case.subject.desired))
        assert directions(same) <= {Direction.TENANT}, each.name
        new = found(each, lambda _: Specified(given.RUN, None))
        for finding in new:
            known = finding.what is What.MISSING or finding.path == "/marker"
            expected = Direction.REPOSITORY if known else Direction.UNKNOWN
            assert finding.leaning.direction is expected, (each.name, finding.path)


def test_a_spec_that_has_not_changed_since_its_run_is_never_ahead(departures: tuple[Departure, ...]) -> None:
    """What the run left departs from it all the same: a name stands for something else, or a waiver has ended."""
    for each in departures:
        left = {case.subject.address: given.left_by(each.planned, case.subject.address) for case in each.cases()}
        there = {a: ground for a, ground in left.items() if ground.live or ground.ladder}
        told = found(each, lambda case, there=there: same_spec(case, there.get(case.subject.address)))
        assert directions(told) <= {Direction.UNKNOWN}, each.name


def same_spec(case: Case, ground: Applied | None) -> Ground | None:
    return ground and replace(ground, desired=case.subject.desired)


def test_the_state_of_another_object_says_nothing(departures: tuple[Departure, ...]) -> None:
    """A spec that means another object by now, by its pin or its name."""
    for each in departures:
        for case in (c for c in each.cases() if c.subject.live):
            ground = given.left_by(each.planned, case.subject.address)
            assert ground.live is not None
            other = leanings(case, replace(ground, live=replace(ground.live, id="another")))
            assert {other(name).direction for name in case.comparison.changed} == {Direction.UNKNOWN}, each.name
            shouting = replace(ground, live=replace(ground.live, id=ground.live.id.upper()))
            known = {leanings(case, shouting)(name).direction for name in case.comparison.changed}
            assert known <= {Direction.REPOSITORY}, each.name


def test_both_is_not_told_where_a_newer_run_agreed_with_specs_that_nobody_knows(
    departures: tuple[Departure, ...],
) -> None:
    for each in departures:
        after = each.in_line()
        for case in (c for c in each.cases() if after and c.subject.live):
            ground = given.left_by(after, case.subject.address)  # type: ignore[arg-type]  # asked above
            edited_since = replace(case, subject=replace(case.subject, desired=described_anew(case)))
            if ground.live is None or ground.live.id != case.subject.live.id:  # type: ignore[union-attr]
                continue
            again = replace(edited_since, comparison=case.kind.compare(edited_since.subject))
            for name in again.comparison.changed:
                way = leanings(again, ground)(name).direction
                doubted = leanings(again, replace(ground, superseded=True))(name).direction
                assert doubted is (Direction.UNKNOWN if way is Direction.BOTH else way), (each.name, name)


def described_anew(case: Case) -> Any:
    """The spec with another text, where it has one: the repository has moved, too."""
    spec = case.subject.spec
    return replace(case.subject.desired, spec={**spec, "description": "anew"} if "description" in spec else spec)


def test_a_field_that_was_not_specified_then_is_ahead_in_the_repository(departures: tuple[Departure, ...]) -> None:
    """The tenant could not depart from it."""
    for each in departures:
        for case in (c for c in each.cases() if c.subject.live):
            desired = case.subject.desired
            for name in {*case.comparison.changed} & desired.spec.keys():
                then = replace(desired, spec={n: value for n, value in desired.spec.items() if n != name})
                if not is_possible(then) or name in case.kind.compare(replace(case.subject, desired=then)).wanted:
                    continue
                assert leanings(case, Specified(given.RUN, then))(name).direction in REPOSITORY, (each.name, name)


def test_a_spec_that_accepted_departs_no_more(departures: tuple[Departure, ...]) -> None:
    """But for its marker, which no spec says. What cannot be said is told, with the reason."""
    outcomes: Counter[str] = Counter()
    for each in departures:
        waived = {str(entry["path"]).split("/")[1] for entry in each.planned.plan.waived if entry["path"]}
        for case in each.cases():
            proposal = proposed(case, waived=waived, inline=True)
            outcomes[type(proposal).__name__] += 1
            if isinstance(proposal, Declined):
                assert "no valid spec of this kind says" not in proposal.reason or each.name in UNSAYABLE, each.name
                continue
            for path in proposal.changes if len(proposal.changes) > 1 else ():
                fewer = {other: value for other, value in proposal.changes.items() if other != path}
                assert departing(each, replace(proposal, changes=fewer)) - {"/marker"}, (each.name, path)
            left = departing(each, proposal)
            assert left <= {"/marker", *(f"/{name}" for name in waived)}, (each.name, left)
    assert outcomes["Proposal"] > 0


def test_of_what_cannot_be_said_only_the_fields_to_blame_are_told() -> None:
    case = yaml.safe_load((HERE / "JitSsoPolicy" / "wrong-live-pairs.yaml").read_text("utf-8"))
    (spec,) = case["spec"]
    spec["spec"] = {"displayName": "Another name", "id": "aaaaaaaa-0000-4000-8000-000000000001"}
    live = {key: [filled(each) for each in objects] for key, objects in case["live"].items()}
    (found,) = cases(planned_for({**case, "live": live}, live))
    declined = proposed(found)
    assert "displayName" in found.comparison.changed
    assert isinstance(declined, Declined)
    assert "what the tenant has at /jitRegistration, /safariSso; a Waiver" in declined.reason


def departing(each: Departure, proposal: Proposal) -> set[str]:
    """The fields that still depart at the address, once the file says what was proposed."""
    text = edited(text_of(each.case["spec"]).decode(), proposal.address, proposal.changes)
    documents = [document.value for document in source.load("specs.yaml", text.encode())[0]]
    again = planned_for({**each.case, "spec": documents}, each.case["live"]).plan
    change = next((change for change in again.changes if change.address == proposal.address), None)
    return {field.path for field in change.fields} if change and not change.refused else {"refused"}
