"""What a workspace and its waivers make of findings of the rule pack."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reconciler import waivers
from reconciler.diagnostics import Diagnostic, Severity
from reconciler.facts import PARTS, Profile
from reconciler.kinds import REGISTRY as KINDS
from reconciler.model import Address
from reconciler.rules import REGISTRY, offline
from reconciler.rules.model import BOTH, OFFLINE, Context, Rule
from reconciler.rules.settle import (
    Settled,
    check_settings,
    check_waivers,
    settle,
    unused,
)
from reconciler.spec import schema_files
from reconciler.waivers import Waiver
from reconciler.workspace import RuleSetting, Workspace, load_workspace

from ..kinds.world import document, specs_of

TODAY = date(2026, 3, 1)
ADDRESS = Address("EnrollmentProfile", "web")
SEVERITIES = {"none": None, "info": Severity.INFO, "warning": Severity.WARNING, "error": Severity.ERROR}


def rule(name: str, severity: Severity, **more: Any) -> Rule:
    return Rule(name, severity, "A title.", "", None, **{"decides": OFFLINE, "about": Profile, **more})


PACK: Mapping[str, Rule] = {
    each.id: each
    for each in (
        rule("JIT901", Severity.ERROR),
        rule("JIT902", Severity.WARNING),
        rule("JIT903", Severity.ERROR, fixed=True),
        rule("JIT904", Severity.ERROR, reported_as=("YAML105",)),
        rule("JIT905", Severity.WARNING, undecidable="nothing tells"),
        rule("JIT906", Severity.WARNING, decides=BOTH),
    )
}


def finding(name: str, severity: Severity | None = None, path: str | None = None, at: Address = ADDRESS) -> Diagnostic:
    known = PACK[name].severity if name in PACK else Severity.ERROR
    return Diagnostic(severity or known, name, f"{name} is broken", address=at, path=path)


def waiver(name: str = "w", expires: str = "2026-12-31", **spec: Any) -> Waiver:
    said = {"address": str(ADDRESS), "owner": "workplace", "reason": "CHG-1", "expires": expires, **spec}
    [one] = waivers.read(specs_of([document("Waiver", name, said)]))
    return one


def workspace(rules: str) -> Workspace:
    text = (
        "apiVersion: intune.reconciler/v1\nkind: Workspace\nowner: adatum\n"
        f"tenants: {{trial: {{graph: emulator}}}}\nrules: {rules}\n"
    )
    found, problems = load_workspace(Path("/repository/reconciler.yaml"), text.encode())
    assert found is not None, problems
    return found


def settled(found: list[Diagnostic], rules: Mapping[str, RuleSetting], *by: Waiver) -> Settled:
    return settle(found, rules, by, TODAY, registry=PACK)


# Severities


@pytest.mark.parametrize("wanted", SEVERITIES)
@pytest.mark.parametrize("name", ["JIT901", "JIT902"])
def test_a_finding_counts_as_the_workspace_says(name: str, wanted: str) -> None:
    setting = RuleSetting(SEVERITIES[wanted], "because")
    kept, exempt = settled([finding(name)], {name: setting})
    if setting.severity is None:
        assert (kept, [(e.finding, e.by) for e in exempt]) == ((), [(finding(name), setting)])
    else:
        assert ([d.severity for d in kept], exempt) == ([setting.severity], ())


def test_a_weaker_rule_makes_no_finding_stronger() -> None:
    """A rule may itself tell a possible gap as a mere note."""
    possible = finding("JIT901", Severity.INFO)
    lowered = {"JIT901": RuleSetting(Severity.WARNING, "pilot")}
    assert settled([possible, finding("JIT901")], lowered).kept == (possible, finding("JIT901", Severity.WARNING))
    assert settled([possible], {"JIT901": RuleSetting(Severity.ERROR)}).kept == (possible,)
    assert settled([finding("JIT902", Severity.INFO)], {"JIT902": RuleSetting(Severity.ERROR)}).kept == (
        finding("JIT902", Severity.ERROR),
    )


@pytest.mark.parametrize("name", ["JIT903", "JIT904", "JIT905", "YAML105", "IDENT101", "PLAN103"])
def test_what_cannot_be_settled_stays(name: str) -> None:
    found = settled([finding(name)], {name: RuleSetting(None, "because")}, waiver(rule=name))
    assert found == ((finding(name),), ())


def test_a_finding_that_stays_says_why_once() -> None:
    """Of one rule some findings can be settled, and those about what the tool writes itself cannot."""
    stays = replace(finding("JIT901"), fixed=True, detail="write it right")
    assert settled([stays], {}).kept == (stays,)
    for rules, by in (({"JIT901": RuleSetting(None, "because")}, ()), ({}, (waiver(rule="JIT901"),))):
        kept, exempt = settled([stays, finding("JIT901")], rules, *by)
        assert ([d.severity for d in kept], [e.finding for e in exempt]) == ([Severity.ERROR], [finding("JIT901")])
        assert str(kept[0].detail).startswith("write it right; no waiver and no setting holds here: ")
        assert settled([*kept], rules, *by) == (kept, ())


@pytest.mark.parametrize(
    ("entry", "rule", "stays"),
    [
        ({"key": "AppBlockList", "type": "string", "value": "com.a.b "}, "JIT115", False),
        ({"key": "device_registration", "type": "string", "value": "{{DEVICEREGISTRATION}} "}, "JIT115", True),
        ({"key": "AppBlockList", "type": "string", "value": "com.a\u200b.b"}, "JIT116", False),
        ({"key": "browser_sso_\u200binteraction_enabled", "type": "integer", "value": 1}, "JIT116", True),
        ({"key": "admin_debug_mode_enabled", "type": "integer", "value": 7}, "JIT121", False),
        ({"key": "browser_sso_interaction_enabled", "type": "integer", "value": 7}, "JIT121", True),
    ],
)
def test_only_what_is_about_the_two_pairs_of_the_kind_stays(entry: dict[str, Any], rule: str, stays: bool) -> None:
    spec = {"displayName": "SSO", "additionalConfiguration": [entry], "assignments": {"include": ["allUsers"]}}
    told = offline(specs_of([document("JitSsoPolicy", "jit", spec)]), KINDS, Context())
    assert [(d.rule, d.fixed) for d in told if d.rule == rule] == [(rule, stays)]


rules_ = st.dictionaries(
    st.sampled_from(sorted(PACK)), st.sampled_from(sorted(SEVERITIES)).map(lambda s: RuleSetting(SEVERITIES[s], "why"))
)
found_ = st.lists(
    st.builds(
        finding,
        st.sampled_from([*sorted(PACK), "YAML105", "GUARD101"]),
        st.sampled_from([None, *Severity]),
        st.sampled_from([None, "/spec/a", "/spec/a/0", "/spec/ab", "/metadata/name"]),
        st.sampled_from([ADDRESS, Address("WebClip", "portal")]),
    ),
    max_size=8,
)
waived_ = st.lists(
    st.builds(
        lambda rule, path, expires: waiver(rule=rule, expires=expires, **({"path": path} if path else {})),
        st.sampled_from(sorted(PACK)),
        st.sampled_from([None, "/a", "/b"]),
        st.sampled_from(["2026-02-28", "2026-03-01"]),
    ),
    max_size=2,
)


@given(found_, rules_, waived_)
def test_no_finding_is_lost_and_settling_twice_is_settling_once(
    found: list[Diagnostic], rules: dict[str, RuleSetting], by: list[Waiver]
) -> None:
    kept, exempt = settled(found, rules, *by)
    told = [(d.rule, d.message, d.address, d.path) for d in (*kept, *(e.finding for e in exempt))]
    assert sorted(told, key=str) == sorted(((d.rule, d.message, d.address, d.path) for d in found), key=str)
    assert settled(list(kept), rules, *by) == (kept, ())
    untouchable = [d for d in found if d.rule in ("JIT903", "JIT904", "JIT905", "YAML105", "GUARD101")]
    assert [d for d in kept if d.rule in {u.rule for u in untouchable}] == untouchable


# Waivers


@pytest.mark.parametrize(
    ("path", "at", "expected"),
    [
        (None, None, True),
        (None, "/spec/a", True),
        (None, "/metadata/name", True),
        ("/a", "/spec/a", True),
        ("/a", "/spec/a/0/value", True),
        ("/a", "/spec/ab", False),
        ("/a/0", "/spec/a", False),
        ("/a", "/metadata/name", False),
        ("/a", None, False),
    ],
)
def test_a_waiver_takes_out_the_findings_at_its_place(path: str | None, at: str | None, expected: bool) -> None:
    one = waiver(rule="JIT901", **({"path": path} if path else {}))
    elsewhere = finding("JIT901", at=Address("EnrollmentProfile", "other"))
    kept, exempt = settled([finding("JIT901", path=at), elsewhere, finding("JIT902", path=at)], {}, one)
    assert len(exempt) == expected
    assert elsewhere in kept
    assert len(kept) == 3 - expected


def test_a_waived_finding_says_by_whom_and_until_when() -> None:
    found = settled([finding("JIT901", path="/spec/a/0")], {}, waiver(rule="JIT901"))
    assert found.documents() == (
        {
            "waiver": "Waiver/w",
            "address": "EnrollmentProfile/web",
            "path": "/a/0",
            "rule": "JIT901",
            "owner": "workplace",
            "reason": "CHG-1",
            "expires": "2026-12-31",
            "message": "JIT901 is broken",
        },
    )


def test_a_waiver_goes_before_the_workspace_and_ends_with_its_last_day() -> None:
    off = {"JIT901": RuleSetting(None, "not ours")}
    assert settled([finding("JIT901")], off, waiver(rule="JIT901")).silenced() == {}
    expired = settled([finding("JIT901")], off, waiver(rule="JIT901", expires="2026-02-28"))
    assert (expired.silenced(), expired.documents()) == ({"JIT901": 1}, ())
    assert settled([finding("JIT901")], {}, waiver(rule="JIT901", expires="2026-02-28")).kept == (finding("JIT901"),)


def test_a_waiver_of_a_field_takes_no_finding_out() -> None:
    assert settled([finding("JIT901", path="/spec/a")], {}, waiver(path="/a", value=1)).waived == ()


def test_only_a_waiver_has_an_owner() -> None:
    [off] = settled([finding("JIT901")], {"JIT901": RuleSetting(None, "why")}).waived
    with pytest.raises(TypeError):
        off.to_json()


def test_waivers_that_find_nothing_are_told_where_specs_alone_can_say_so() -> None:
    every = [waiver("a", rule="JIT901"), waiver("b", rule="JIT902"), waiver("c", rule="JIT906")]
    expired = waiver("d", rule="JIT901", expires="2026-02-28", path="/a")
    kept = settled([finding("JIT902")], {}, *every, expired)
    told = unused([*every, expired], kept.waived, TODAY, registry=PACK)
    assert [(d.rule, d.severity, str(d.address)) for d in told] == [("WAIVER107", Severity.INFO, "Waiver/a")]


# Whether they can be meant


@pytest.mark.parametrize(
    ("rules", "rule", "path", "says", "detail"),
    [
        ("{JIT910: {severity: warning}}", "WORKSPACE108", "/rules/JIT910", "no rule is called JIT910", "JIT90"),
        (
            "{JIT7777777: {severity: info}}",
            "WORKSPACE108",
            "/rules/JIT7777777",
            "no rule is called JIT7",
            "reconciler rules",
        ),
        ("{YAML105: {severity: info}}", "WORKSPACE108", "/rules/YAML105", "YAML105 is no rule of the pack", "cannot"),
        ("{JIT903: {severity: warning}}", "WORKSPACE109", "/rules/JIT903", "never writes", "remove"),
        ("{JIT904: {severity: error}}", "WORKSPACE109", "/rules/JIT904", "those of YAML105", "remove"),
        ("{JIT905: {severity: error}}", "WORKSPACE109", "/rules/JIT905", "nothing tells", "remove"),
        ("{JIT901: {severity: warning}}", "WORKSPACE110", "/rules/JIT901/severity", "JIT901 is an error", "warning"),
        ("{JIT902: {severity: info}}", "WORKSPACE110", "/rules/JIT902/severity", "JIT902 is a warning", "info"),
    ],
)
def test_settings_that_are_wrong(rules: str, rule: str, path: str, says: str, detail: str) -> None:
    [found] = check_settings(workspace(rules), PACK)
    assert (found.severity, found.rule, found.path) == (Severity.ERROR, rule, path)
    assert says in found.message
    assert detail in str(found.detail)
    assert found.position is not None
    assert found.position.line == 5


def test_settings_that_are_right() -> None:
    rules = "{JIT901: {severity: info, reason: pilot}, JIT902: {severity: error}, JIT906: {severity: warning}}"
    assert check_settings(workspace(rules), PACK) == []


@pytest.mark.parametrize(
    ("name", "says"),
    [
        ("JIT901", None),
        ("JIT999", "no rule is called JIT999"),
        ("PLAN103", "PLAN103 is no rule of the pack"),
        ("JIT903", "findings of JIT903 cannot be waived: the tool never writes"),
        ("JIT904", "cannot be waived: its findings are those of YAML105"),
    ],
)
def test_which_rules_can_be_waived(name: str, says: str | None) -> None:
    found = check_waivers([waiver(rule=name), waiver(path="/a", value=1)], PACK)
    assert [(d.rule, d.severity, d.path) for d in found] == (
        [("WAIVER106", Severity.ERROR, "/spec/rule")] if says else []
    )
    assert all(says is not None and says in d.message for d in found)


def test_the_pack_itself_can_be_settled() -> None:
    """What the tool could not work with is marked, so that nobody switches it off."""
    for each in REGISTRY.values():
        found = Diagnostic(each.severity, each.id, "x", address=ADDRESS)
        exempt = settle([found], {each.id: RuleSetting(None, "why")}, (), TODAY).waived
        elsewhere = each.reported_as and each.check is None
        assert bool(exempt) == (not each.fixed and not elsewhere and each.undecidable is None)


def test_every_part_of_the_chain_can_be_provided() -> None:
    tenant: Any = schema_files.read("workspace")["$defs"]
    assert tuple(tenant["tenant"]["properties"]["provided"]["items"]["properties"]["part"]["enum"]) == PARTS
