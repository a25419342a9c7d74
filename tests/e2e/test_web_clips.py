"""Web clips over HTTP: made, changed, replaced and pruned, as the service answers for them."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from reconciler.emulator import Fault
from reconciler.kind import Consent
from reconciler.model import Address
from reconciler.run import Outcome, Status

from .harness import Rehearsal, actions, pending, sent
from .scenario import APPS, authenticator_vpp

Rehearse = Callable[..., Rehearsal]
PRUNE = Consent(prune=True)
EXCHANGE = Consent(replace=frozenset({Address("WebClip", "portal")}))
NOBODY = """
apiVersion: intune.reconciler/v1
kind: WebClip
metadata: {name: other}
spec: {displayName: Other, url: "https://other.contoso.example/"}
"""


def clip(url: str = "https://portal.manage.microsoft.com/", **more: str) -> str:
    fields = {"displayName": "Company Portal", "scopeTags": "[Mobile]", "assignments": "{include: [allUsers]}", **more}
    lines = [f"  {name}: {value}" for name, value in fields.items()]
    head = ["apiVersion: intune.reconciler/v1", "kind: WebClip", "metadata: {name: portal}", "spec:"]
    return "\n".join([*head, f'  url: "{url}"', *lines]) + "\n"


def tenant() -> dict[str, Any]:
    tags = [{"id": "0", "displayName": "Default", "isBuiltIn": True}, {"id": "7", "displayName": "Mobile"}]
    return {"formatVersion": 1, "collections": {"deviceManagement/roleScopeTags": tags, APPS: [authenticator_vpp()]}}


def clips(stage: Rehearsal) -> list[dict[str, Any]]:
    return [app for app in stage.tenant()[APPS] if app["@odata.type"].endswith("iosiPadOSWebClip")]


def intents(app: dict[str, Any]) -> list[str]:
    return [assignment["intent"] for assignment in app["assignments"]]


@pytest.mark.parametrize(
    "knobs",
    [
        {},
        {"no_filter": "zero-guid", "expand_assignments": "absent"},
        {"expand_assignments": "empty", "id_case": "upper"},
    ],
    ids=str,
)
def test_a_clip_is_made_assigned_and_then_as_specified(rehearse: Rehearse, knobs: dict[str, Any]) -> None:
    with rehearse(clip(fullScreen="true"), seed=tenant(), knobs=knobs, wired=True) as stage:
        ran = stage.apply()
        assert ran.outcome is Outcome.APPLIED, [r.error for r in ran.results]
        [made] = clips(stage)
        assert (made["appUrl"], made["fullScreenEnabled"]) == ("https://portal.manage.microsoft.com/", True)
        assert (made["roleScopeTagIds"], intents(made)) == (["7"], ["required"])
        assert made["notes"] == "[reconciler owner=contoso kind=WebClip name=portal]"
        assert pending(stage.plan().plan) == {}, "lists show no scope tags, and that is no drift"
        stage.declare(clip(fullScreen="false", description="Apps", scopeTags="[Default]"))
        assert stage.apply().outcome is Outcome.APPLIED
        [made] = clips(stage)
        assert (made["fullScreenEnabled"], made["description"], made["roleScopeTagIds"]) == (False, "Apps", ["0"])
        assert pending(stage.plan().plan) == {}


@pytest.mark.parametrize("null", ["clears", "ignored", "400"])
def test_what_a_spec_clears_is_cleared_whatever_a_null_does(rehearse: Rehearse, null: str) -> None:
    held = {"description": "Apps", "targetApplicationBundleId": "com.apple.mobilesafari"}
    with rehearse(clip(**held), seed=tenant(), knobs={"patch_null": null}, wired=True) as stage:
        stage.apply()
        stage.declare(clip(**dict.fromkeys(held, "null")))
        assert stage.apply().outcome is Outcome.APPLIED
        [made] = clips(stage)
        assert not made["targetApplicationBundleIdentifier"]
        assert not made["description"]
        assert pending(stage.plan().plan) == {}
        stage.declare(clip(displayName="Second", **dict.fromkeys(held, "null")).replace("name: portal", "name: second"))
        assert stage.apply().outcome is Outcome.APPLIED
        assert pending(stage.plan().plan) == {}


KIOSKS = "0ee00000-1111-4222-8333-000000000007"
TAKEN_OFF = "{include: [allUsers, {group: Kiosks, intent: uninstall}], exclude: [{group: Kiosks, intent: required}]}"


@pytest.mark.parametrize("kept", ["both", "one-lost"])
def test_a_group_on_two_sides_is_reached_or_the_run_says_which_is_missing(rehearse: Rehearse, kept: str) -> None:
    """Taking a clip off one group needs it on both; whether the service keeps both, nobody knows."""
    seed = tenant()
    seed["collections"]["groups"] = [{"id": KIOSKS, "displayName": "Kiosks", "securityEnabled": True}]
    knobs = {"assign_exclusion_and_include": kept}
    with rehearse(clip(assignments=TAKEN_OFF), seed=seed, knobs=knobs, wired=True) as stage:
        planned = stage.plan()
        assert [d.rule for d in planned.plan.diagnostics] == ["ASSIGN104"]
        [result] = stage.apply(planned).results
        again = stage.plan().plan
        if kept == "both":
            assert (result.status, pending(again)) == (Status.DONE, {})
            return
        assert result.status is Status.UNVERIFIED
        assert "missing: exclude group 'Kiosks' from required; the same group is there" in str(result.error)
        assert [d.rule for d in again.diagnostics] == ["ASSIGN104"]
        assert not again.blocked


def test_scope_tags_that_cannot_be_read_are_not_none(rehearse: Rehearse) -> None:
    with rehearse(clip(), seed=tenant(), wired=True) as stage:
        stage.apply()
        stage.emulator.fail(Fault(method="GET", path="/mobileApps/[^/]+$", status=403, kind="status", times=9))
        plan = stage.plan().plan
        assert not plan.complete
        assert pending(plan) == {}


def test_pruning_takes_it_off_the_devices_first(rehearse: Rehearse) -> None:
    with rehearse(clip(), seed=tenant(), wired=True) as stage:
        stage.apply()
        stage.declare(NOBODY)
        assert actions(stage.plan(consent=PRUNE).plan) == {"WebClip/portal": "update", "WebClip/other": "create"}
        assert stage.apply(stage.plan(consent=PRUNE)).outcome is Outcome.APPLIED
        assert sorted(intents(app) for app in clips(stage)) == [[], ["uninstall"]]
        ran = stage.apply(stage.plan(consent=PRUNE))
        assert [method for method, _ in sent(ran.writes)] == ["DELETE"]
        assert [app["displayName"] for app in clips(stage)] == ["Other"]
        assert pending(stage.plan(consent=PRUNE).plan) == {}


def test_another_address_is_another_clip(rehearse: Rehearse) -> None:
    with rehearse(clip(), seed=tenant(), wired=True) as stage:
        stage.apply()
        stage.declare(clip("https://apps.contoso.example/"))
        assert stage.plan().plan.blocked
        ran = stage.apply(stage.plan(consent=EXCHANGE))
        assert ran.outcome is Outcome.APPLIED, [r.error for r in ran.results]
        found = {app["appUrl"]: intents(app) for app in clips(stage)}
        assert found == {
            "https://portal.manage.microsoft.com/": ["uninstall"],
            "https://apps.contoso.example/": ["required"],
        }
        assert pending(stage.plan().plan) == {}
        assert stage.apply(stage.plan(consent=PRUNE)).outcome is Outcome.APPLIED
        assert [app["appUrl"] for app in clips(stage)] == ["https://apps.contoso.example/"]


@pytest.mark.parametrize("write", range(4))
def test_an_exchange_that_stops_half_way_heals(rehearse: Rehearse, write: int) -> None:
    """After each write in turn the run is interrupted; the next one ends where an undisturbed one would have."""
    with rehearse(clip(), seed=tenant(), wired=True) as stage:
        stage.apply()
        stage.declare(clip("https://apps.contoso.example/"))
        before = len(stage.emulator.writes)
        stage.apply(stage.plan(consent=EXCHANGE), stop=lambda: len(stage.emulator.writes) > before + write)
        for _ in range(2):
            stage.apply(stage.plan(consent=Consent(prune=True, replace=EXCHANGE.replace)))
        stage.apply(stage.plan(consent=PRUNE))
        assert [(app["appUrl"], intents(app)) for app in clips(stage)] == [
            ("https://apps.contoso.example/", ["required"])
        ]
        assert pending(stage.plan(consent=PRUNE).plan) == {}
