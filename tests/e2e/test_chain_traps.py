"""Plans that are easily judged wrongly: what looks covered and is not, what looks lost and is not, over HTTP."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import pytest

from reconciler.emulator import Emulator
from tests.e2e.judge import Bodies

from .command import Folder
from .people import (
    ALL_USERS,
    EVERYBODY,
    FILTERS,
    OLD,
    PEOPLE,
    WEB,
    all_but,
    applied,
    authenticator_for,
    bought_authenticator,
    byod,
    company_portal,
    device_filter,
    findings,
    group,
    jit,
    join,
    kiosk_policy,
    live_policy,
    planned,
    served,
    spec,
    specs,
    to,
    to_all,
    to_group,
)
from .scenario import APPS, CONFIGURATIONS, PROFILES, marker

RULES = ("JIT105", "JIT308", "JIT401", "JIT402", "JIT503", "JIT504", "JIT506")
STAFF = ("Staff",)
BY_PORTAL = WEB.replace("webBasedDeviceEnrollment", "deviceEnrollmentWithCompanyPortal")
ACCOUNT_DRIVEN = WEB.replace("webBasedDeviceEnrollment", "accountDrivenUserEnrollment")
CHOICE = (
    "enrollmentType: determineByUserChoice, onboarding: {compliance: none}, userChoice: {default: "
    "accountDrivenUserEnrollment, options: [{owner: personal, type: accountDrivenUserEnrollment}]}"
)
ONLY_OURS = ((PROFILES, OLD),)
IPHONES = '(device.model -startsWith "iPhone")'
OWN_OR_IPHONE = '(device.model -startsWith "iPhone")or(device.deviceOwnership -eq "Corporate")'
BOTH_GAPS = [("JIT503", "error")] * 2
BOTH_TOLD = [("JIT503", "warning")] * 2


@pytest.fixture
def tenant(folder: Folder, bodies: Bodies) -> Iterator[Emulator]:
    with served(folder, bodies) as emulator:
        yield emulator


@dataclass(frozen=True)
class Trap:
    """A tenant, specs that were applied to it, and what a plan of other specs has to say."""

    then: str
    says: list[tuple[str, str]]
    first: str = ""
    """Specs that were applied before; none unless given."""
    holds: tuple[tuple[str, dict[str, Any]], ...] = ()
    """Further objects of the tenant by collection."""
    lacks: tuple[tuple[str, str], ...] = ()
    """Objects that the tenant does not have, by collection and id."""
    options: tuple[str, ...] = ()


def without_order(text: str) -> str:
    return join(*(part for part in text.split("\n---\n") if "EnrollmentPriority" not in part))


TRAPS = {
    "a type that changes in place makes a gap of what was none": Trap(
        first=specs(authenticator=STAFF, enrollment=BY_PORTAL),
        then=specs(authenticator=STAFF),
        says=BOTH_GAPS,
    ),
    "excluding a group of devices leaves out nobody, and excuses nobody either": Trap(
        then=specs(authenticator=to("Staff", out=("Kiosk devices",))), says=BOTH_GAPS
    ),
    "an exclusion in a policy of others is no decision about ours": Trap(
        holds=((CONFIGURATIONS, kiosk_policy(to_group("Kiosk devices"), to_group("Sales EMEA", exclude=True))),),
        then=specs(policy=STAFF),
        says=[("JIT401", "error")] * 2,
    ),
    "a profile for all devices above ours may have everybody or nobody": Trap(
        holds=((PROFILES, company_portal(0, to_all("allDevices"))),),
        then=specs(authenticator=STAFF, order=None),
        says=[("JIT503", "warning")],  # without an order the first of the new ones has everybody of the second
    ),
    "a gap that moves to another profile with its people is not new": Trap(
        first=specs(authenticator=STAFF),
        then=specs(authenticator=STAFF, order="byod, field"),
        says=[("JIT503", "warning")],
    ),
    "a profile whose rank nobody settles stands first and outranks ours": Trap(
        first=specs(unlisted="first"), then=specs(unlisted="first"), says=[("JIT308", "warning")] * 2
    ),
    "a profile above ours that has some of its people": Trap(
        holds=((PROFILES, company_portal(0, to_group("Field"))),),
        then=specs(unlisted="first"),
        says=[("JIT308", "warning")] * 2,
    ),
    "a policy that is adopted and given its extension serves its people": Trap(
        holds=(
            (
                CONFIGURATIONS,
                {**kiosk_policy(to_group("Staff")), "displayName": "JIT", "iosSingleSignOnExtension": None},
            ),
        ),
        then=specs(),
        says=[],
    ),
    "a ring that goes leaves out those whom the main policy excludes because of it": Trap(
        first=specs(policy=all_but("Sales EMEA"), more=jit(to("Sales EMEA"), "ring", "Ring")),
        then=specs(policy=all_but("Sales EMEA")),
        options=("--prune",),
        says=[("JIT401", "error")] * 2,
    ),
    "two policies for everybody but everybody meet nowhere": Trap(
        lacks=(("users", PEOPLE["fay"]),),
        then=specs(more=join(jit(all_but(*EVERYBODY), "a", "A"), jit(all_but(*EVERYBODY), "b", "B"))),
        says=[],
    ),
    "an assignment that takes something away provides nothing": Trap(
        holds=((CONFIGURATIONS, kiosk_policy(to_group("Sales EMEA", intent="remove"))),),
        then=specs(policy=STAFF),
        says=[("JIT401", "error")] * 2,
    ),
    "a spec under another name keeps what the old one held": Trap(
        first=specs(),
        then=specs().replace("name: auth}", "name: auth2}"),
        options=("--prune",),
        says=[],
    ),
    "the rule of a filter is that of after the plan": Trap(
        holds=(
            (
                FILTERS,
                device_filter(
                    "Own",
                    '(device.deviceOwnership -eq "Corporate")',
                    description=marker("AssignmentFilter", "own"),
                ),
            ),
        ),
        then=specs(
            policy=to("Staff", "Sales EMEA").replace("group: Staff", "group: Staff, filter: {include: Own}"),
            more=spec(
                "AssignmentFilter",
                "own",
                "displayName: Own, platform: iOS, rule: '(device.deviceOwnership -eq \"Personal\")'",
            ),
        ),
        says=[("JIT401", "warning")],
    ),
    "a group that passes from one policy to another": Trap(
        first=specs(more=jit(to("Kiosk devices"), "two", "Two")),
        then=specs(policy=STAFF, more=jit(to("Sales EMEA", "Kiosk devices"), "two", "Two")),
        says=[],
    ),
    "profiles that are planned alone": Trap(
        lacks=ONLY_OURS,
        then=specs(),
        options=("--only", "EnrollmentProfile/*"),
        says=[("JIT401", "error"), ("JIT503", "error")] * 2,
    ),
    "people whose phones passed a filter lose what they had": Trap(
        holds=((FILTERS, device_filter("Phones", IPHONES)),),
        first=specs(
            authenticator=to(*EVERYBODY).replace("group: Sales EMEA", "group: Sales EMEA, filter: {include: Phones}")
        ),
        then=specs(authenticator=STAFF),
        says=BOTH_GAPS,
    ),
    "people lose what a group of devices was excluded from": Trap(
        first=specs(authenticator=to(*EVERYBODY, out=("Kiosk devices",))),
        then=specs(authenticator=STAFF),
        says=BOTH_GAPS,
    ),
    "everybody but a group of devices is everybody": Trap(
        lacks=ONLY_OURS,
        then=join(byod(ALL_USERS), jit(all_but("Kiosk devices")), authenticator_for(ALL_USERS)),
        says=[],
    ),
    "a filter with an alternative keeps out nobody for sure": Trap(
        lacks=ONLY_OURS,
        holds=((FILTERS, device_filter("Own", OWN_OR_IPHONE)),),
        then=join(
            byod(ALL_USERS),
            jit(ALL_USERS),
            authenticator_for("{include: [{all: users, filter: {include: Own}}]}"),
        ),
        says=[("JIT503", "warning")],
    ),
    "an app whose licence nothing tells may not serve account driven enrollment": Trap(
        lacks=ONLY_OURS,
        holds=((APPS, bought_authenticator({"intent": "required", "settings": None, **to_all()})),),
        then=join(
            byod(to("Staff"), ACCOUNT_DRIVEN),
            jit(ALL_USERS),
            authenticator_for(to("Field"), "{source: vpp, token: ABM, licensing: user}"),
        ),
        says=[("JIT503", "warning")],
    ),
    "whoever may choose account driven enrollment is not served by the App Store": Trap(
        lacks=ONLY_OURS,
        then=join(byod(ALL_USERS, CHOICE), jit(ALL_USERS), authenticator_for(ALL_USERS)),
        says=[("JIT506", "warning")],
    ),
}


@pytest.mark.parametrize("trap", TRAPS.values(), ids=TRAPS.keys())
def test_a_plan_is_not_trapped(folder: Folder, tenant: Emulator, trap: Trap) -> None:
    for collection, key in trap.lacks:
        tenant.remove(collection, key)
    for collection, body in trap.holds:
        tenant.put(collection, body)
    if trap.first:
        applied(folder, trap.first)
    document = planned(folder, trap.then, *trap.options)
    assert findings(document, *RULES) == trap.says


def test_profiles_that_change_keep_their_rank_where_no_order_is_declared(folder: Folder, tenant: Emulator) -> None:
    applied(folder, specs())
    changed = specs(authenticator=STAFF, order=None).replace("displayName: ", "description: new, displayName: ")
    document = planned(folder, changed)
    assert document["people"]["moves"] == []
    assert findings(document, *RULES) == BOTH_GAPS


def test_the_intent_of_a_policys_assignment_is_none_or_apply(folder: Folder, tenant: Emulator) -> None:
    applied(folder, specs())
    live = live_policy(tenant)
    tenant.put(CONFIGURATIONS, {**live, "assignments": [{**each, "intent": "apply"} for each in live["assignments"]]})
    document = planned(folder, specs(policy=STAFF), "--count-people")
    assert findings(document, *RULES) == [("JIT401", "error")] * 2
    assert (document["summary"]["assignmentsRemoved"], document["summary"]["affectedPeople"]) == (1, 3)


def test_what_a_policy_set_assigns_reaches_people_and_is_left_alone(folder: Folder, tenant: Emulator) -> None:
    applied(folder, specs())
    live = live_policy(tenant)
    by_set = to_group("Sales EMEA", id="s", source="policySets", sourceId="p")
    tenant.put(CONFIGURATIONS, {**live, "assignments": [to_group("Staff", source="direct"), by_set]})
    document = planned(folder, specs(policy=STAFF))
    assert findings(document, *RULES) == []
    assert {change["action"] for change in document["changes"]} == {"no-op"}


def test_a_policy_that_lost_its_extension_serves_again_once_it_is_mended(folder: Folder, tenant: Emulator) -> None:
    applied(folder, specs())
    live = live_policy(tenant)
    tenant.put(CONFIGURATIONS, {**live, "iosSingleSignOnExtension": None})
    document = planned(folder, specs())
    assert document["summary"]["update"] == 1
    assert findings(document, *RULES) == []


def test_a_type_that_is_waived_is_not_changed_and_moves_nobody(folder: Folder, tenant: Emulator) -> None:
    applied(folder, specs(authenticator=STAFF, enrollment=BY_PORTAL))
    waived = "path: /enrollmentType, value: deviceEnrollmentWithCompanyPortal, owner: x, reason: y, expires: 2026-12-31"
    waivers = [spec("Waiver", name, f"address: EnrollmentProfile/{name}, {waived}") for name in ("byod", "field")]
    text = join(specs(authenticator=STAFF), *waivers).replace("2026-12-31", "'2026-12-31'")
    document = planned(folder, text.replace("displayName: BYOD", "displayName: BYOD 2"))
    assert [change["address"] for change in document["changes"] if change["action"] == "update"] == [
        "EnrollmentProfile/byod"
    ]
    assert document["people"]["moves"] == []
    assert findings(document, *RULES) == BOTH_TOLD


def test_an_object_that_is_let_go_stays_as_it_is(folder: Folder, tenant: Emulator) -> None:
    """Its spec asks for another type, which no release brings about."""
    applied(folder, specs(authenticator=STAFF, enrollment=BY_PORTAL))
    folder.write("specs/all.yaml", specs(authenticator=STAFF))
    said = folder("release", "EnrollmentProfile/byod", "--yes")
    assert said.code == 0, said.err
    assert "web based" not in said.out


def test_a_saved_plan_is_not_applied_to_other_people(folder: Folder, tenant: Emulator) -> None:
    """`Field` leaves the group by which its people had the rest of the chain."""
    assert folder("plan", "--out", "saved.plan").code == 0
    tenant.put("groups", group("Sales EMEA", "eve"))
    before = len(tenant.writes)
    assert folder("apply", "--plan", "saved.plan", "--yes").code == 4
    assert tenant.writes[before:] == []


# What needs no tenant


def test_the_same_exclusion_everywhere_leaves_no_question(folder: Folder) -> None:
    whom = all_but("Field")
    folder.write("specs/all.yaml", join(byod(whom), jit(whom), authenticator_for(whom)))
    assert findings(folder("validate", "--format", "json").document, *RULES) == []


def test_no_gap_is_proven_where_a_spec_leaves_the_assignments_as_they_are(folder: Folder) -> None:
    main = spec("JitSsoPolicy", "main", "displayName: Main")
    folder.write("specs/all.yaml", join(byod(ALL_USERS), main, jit(to("Field")), authenticator_for(ALL_USERS)))
    assert findings(folder("validate", "--format", "json").document, *RULES) == [("JIT401", "warning")]
