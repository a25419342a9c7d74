"""Every check over evidence: `cases/*.yaml` hold what was read and what has to be said of it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import yaml

from reconciler.doctor.checks import CHECKS
from reconciler.doctor.discovery import domains
from reconciler.doctor.model import Answer, Evidence, Fetched, Finding, Problem, Setting, State, Verdict, run, settled
from reconciler.facts import ACCOUNT_DRIVEN, WEB_BASED, Onboarding, Profile, Value
from reconciler.rules import REGISTRY

from .evidence import evidence

CASES = Path(__file__).parent / "cases"
BY_ID = {check.id: check for check in CHECKS}


def cases() -> list[Any]:
    return list(_cases())


def _cases() -> Iterator[Any]:
    for path in sorted(CASES.glob("*.yaml")):
        for check_id, listed in yaml.safe_load(path.read_text("utf-8")).items():
            for case in listed:
                yield pytest.param(check_id, case, id=f"{check_id}-{case['name']}")


@pytest.mark.parametrize(("check_id", "case"), cases())
def test_a_check_comes_to_its_verdict(check_id: str, case: Any) -> None:
    verdict = run(BY_ID[check_id], evidence(case)).verdict
    said = "\n".join(filter(None, (verdict.found, verdict.means, verdict.remedy)))
    assert (str(verdict.state), [words for words in case.get("says", ()) if words not in said]) == (case["state"], [])
    if verdict.state in (State.FAILING, State.WARNING):
        assert verdict.means
        assert verdict.remedy
    assert list(verdict.permissions) == case.get("permissions", [])


@pytest.mark.parametrize(("check_id", "case"), cases())
def test_what_is_not_read_is_never_taken_for_anything(check_id: str, case: Any) -> None:
    """Whatever becomes unreadable, a check says so, or says what it said without having needed it."""
    check, whole = BY_ID[check_id], evidence(case)
    before = run(check, whole).verdict
    for key in check.reads:
        verdict = run(check, _without(whole, key)).verdict
        assert verdict == before or (verdict.state is State.UNREAD and "grant Some.Read.All" in str(verdict.remedy))


@pytest.mark.parametrize("check", [c for c in CHECKS if c.reads], ids=lambda check: check.id)
def test_a_check_whose_sources_cannot_be_read_is_not_known(check: Any) -> None:
    refused = {key: Answer(problem=Problem("refused", ("Some.Read.All",))) for key in check.reads}
    found = run(replace(check, relevant=lambda _: True), replace(evidence({}), answers=refused))
    assert (found.verdict.state, found.verdict.permissions) == (State.UNREAD, ("Some.Read.All",))


def _without(whole: Evidence, key: str) -> Evidence:
    refused = Answer(problem=Problem("refused", ("Some.Read.All",)))
    return replace(whole, answers={**whole.answers, key: refused})


def test_every_check_has_cases_that_are_right_and_wrong() -> None:
    states: dict[str, set[str]] = {check.id: set() for check in CHECKS}
    for parameters in cases():
        check_id, case = parameters.values
        states[check_id].add(case["state"])
    only_told = {"JIT554", "JIT611", "JIT319", "JIT312", "DOCTOR102"}
    assert {
        i for i, s in states.items() if "ok" not in s or (i not in only_told and not s & {"failing", "warning"})
    } == set()


def test_checks_are_of_rules_that_there_are() -> None:
    named = [check.id for check in CHECKS if check.id.startswith("JIT")]
    assert len(named) == len(set(named))
    assert set(named) - set(REGISTRY) == set()


OFF, FAILING = Setting(None, "our own way"), Verdict(State.FAILING, "found", "means", "remedy")


@pytest.mark.parametrize(
    ("state", "setting", "wanted"),
    [
        (State.FAILING, None, State.FAILING),
        (State.FAILING, OFF, State.NOT_APPLICABLE),
        (State.FAILING, Setting("warning", "soon"), State.WARNING),
        (State.FAILING, Setting("info", "soon"), State.OK),
        (State.WARNING, Setting("error"), State.FAILING),
        (State.OK, Setting("error"), State.OK),
        (State.UNREAD, Setting("info"), State.UNREAD),
    ],
)
def test_the_workspace_says_what_a_check_counts_as(state: State, setting: Setting | None, wanted: State) -> None:
    before = Finding(CHECKS[0], replace(FAILING, state=state))
    after = settled(before, setting)
    assert after.verdict.state is wanted
    if after != before and setting is not None:
        assert setting.reason is None or setting.reason in after.verdict.found


@pytest.mark.parametrize("body", [b"[" * 60_000, b'{"a":' * 12_000, b"\xff\xfe[", b"NaN", b"1" * 9_000, b""])
def test_no_answer_of_a_domain_loses_the_report(body: bytes) -> None:
    """A discovery file may hold anything: it is wrong then, and nothing more."""
    asked = {"types": ["accountDrivenUserEnrollment"], "domains": ["contoso.example"], "discovery": True}
    fetched = Fetched("contoso.example", 200, "application/json", body)
    verdict = run(BY_ID["JIT316"], replace(evidence({"scope": asked}), discovered=(fetched,))).verdict
    assert (verdict.state, "contoso.example" in verdict.found) == (State.FAILING, True)


def test_only_the_domains_of_account_driven_profiles_are_asked() -> None:
    def profile(name: str, *types: str) -> Profile:
        options = tuple(("personal", each) for each in types)
        return Profile(name, None, options, Onboarding(domains=(Value(f"{name}.example"),)))

    found = [profile("web", WEB_BASED), profile("driven", ACCOUNT_DRIVEN), profile("both", WEB_BASED, ACCOUNT_DRIVEN)]
    assert domains(found) == ("both.example", "driven.example")
