"""Laws over the cases of every kind: which side moved is told right, and a spec that accepted departs no more."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from typing import Any

import pytest

from reconciler.drift.accept import Declined, Proposal, proposed
from reconciler.drift.direction import leanings
from reconciler.drift.findings import cases, found_in
from reconciler.drift.model import Direction, Finding, Ground, Specified, What
from reconciler.kinds import REGISTRY
from reconciler.spec import source
from reconciler.spec.edit import edited
from reconciler.waivers import is_possible
from tests.kinds.test_cases import planned_for
from tests.kinds.world import text_of

from . import given
from .given import Departure

AMBIGUOUS = {"AssignmentFilter/created-and-swapped-in"}
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
    """A spec that was not there then is ahead of the tenant, whatever that has."""
    for each in departures:
        same = found(each, lambda case: Specified(given.RUN, case.subject.desired))
        assert directions(same) <= {Direction.TENANT}, each.name
        new = found(each, lambda _: Specified(given.RUN, None))
        assert directions(new) <= {Direction.REPOSITORY}, each.name


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


def departing(each: Departure, proposal: Proposal) -> set[str]:
    """The fields that still depart at the address, once the file says what was proposed."""
    text = edited(text_of(each.case["spec"]).decode(), proposal.address, proposal.changes)
    documents = [document.value for document in source.load("specs.yaml", text.encode())[0]]
    again = planned_for({**each.case, "spec": documents}, each.case["live"]).plan
    change = next((change for change in again.changes if change.address == proposal.address), None)
    return {field.path for field in change.fields} if change and not change.refused else {"refused"}
