"""The two seeded tenants themselves: Graph could show all of them, and the healthy one is as its specs have it."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from reconciler.emulator import Emulator
from reconciler.emulator.resources import BY_PATH
from reconciler.model import JsonObject
from tests.e2e.harness import Rehearsal, pending
from tests.emulator.conftest import Graph

TENANTS = Path(__file__).with_name("tenants")


def seed(name: str) -> JsonObject:
    found: JsonObject = json.loads((TENANTS / f"{name}.json").read_text(encoding="utf-8"))
    return found


@pytest.mark.parametrize("name", ["healthy", "broken"])
def test_everything_in_it_can_be_read(name: str) -> None:
    """Stopping the emulator checks every answer against Microsoft's contract."""
    with Emulator(seed=seed(name)) as emulator:
        graph = Graph(emulator)
        for path in seed(name)["collections"]:  # type: ignore[union-attr]
            _read(graph, str(path))
        graph.close()


def _read(graph: Graph, path: str) -> None:
    resource = BY_PATH[path]
    if resource.single:
        graph.get(f"/{path}")
        return
    items = graph.values(f"/{path}")
    assert items
    for item in items:
        for below in (*resource.children, *(["assignments"] if resource.assignment else [])):
            graph.values(f"/{path}/{item['id']}/{below}")


def test_the_healthy_tenant_is_as_specified(rehearse: Callable[..., Rehearsal]) -> None:
    specs = (TENANTS / "specs.yaml").read_text(encoding="utf-8")
    with rehearse(specs, seed=seed("healthy")) as stage:
        assert pending(stage.plan().plan) == {}


def stuck(tenant: Graph, upn: str) -> dict[str, Any]:
    """What Graph says of one person, in the order of the chain."""
    person = f"/users/{upn}@contoso.example"
    devices = tenant.values(f"{person}/managedDevices")
    apps = [app for state in tenant.values(f"{person}/mobileAppIntentAndStates") for app in state["mobileAppList"]]
    below = [tenant.values(f"/deviceManagement/managedDevices/{d['id']}/deviceConfigurationStates") for d in devices]
    return {
        "licences": [each["skuPartNumber"] for each in tenant.values(f"{person}/licenseDetails")],
        "refused": [e["failureReason"] for e in tenant.values(f"{person}/deviceManagementTroubleshootingEvents")],
        "authenticator": [app["installState"] for app in apps if app["displayName"] == "Microsoft Authenticator"],
        "sso": [state["state"] for states in below for state in states],
        "registered": [device["azureADRegistered"] for device in devices],
        "compliance": [device["complianceState"] for device in devices],
    }


CASES: list[tuple[str, str, object]] = [
    ("amina.okafor", "authenticator", ["failed"]),
    ("bram.de.vries", "sso", ["error"]),
    ("chloe.marchand", "authenticator", ["notInstalled"]),
    ("daniel.weiss", "registered", [False]),
    ("elif.yildiz", "refused", ["DeviceTypeNotSupported"]),
    ("farid.haddad", "refused", ["Invalid Profile"]),
    ("greta.lindqvist", "refused", ["DeviceCapReached"]),
    ("henk.bos", "licences", ["STANDARDPACK"]),
    ("jonas.keller", "refused", ["Conditional Access"]),
    ("lena.fischer", "sso", []),
    ("mina.park", "compliance", ["noncompliant"]),
    ("noor.haddad", "compliance", ["compliant"]),
]
"""Who of the broken tenant is stuck where; the last one is not."""


def test_people_of_the_broken_tenant_are_stuck_at_different_places() -> None:
    with Emulator(seed=seed("broken")) as emulator:
        tenant = Graph(emulator)
        assert {upn: stuck(tenant, upn)[link] for upn, link, _ in CASES} == {upn: found for upn, _, found in CASES}
        assert stuck(tenant, "noor.haddad") == {
            "licences": ["EMS"],
            "refused": [],
            "authenticator": ["installed"],
            "sso": ["compliant"],
            "registered": [True],
            "compliance": ["compliant"],
        }
        tenant.close()
