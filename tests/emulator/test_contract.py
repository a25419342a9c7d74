"""The contract is what Microsoft's installed SDK says, and the emulator serves nothing that is not in it."""

from __future__ import annotations

import re

import pytest

from reconciler.emulator import people
from reconciler.emulator.contract import extract
from reconciler.emulator.contract.schema import HERE, Contract, contract
from reconciler.emulator.resources import RESOURCES, USERS, Resource


def test_checked_in_contract_is_what_the_sdk_says() -> None:
    assert extract.text() == extract.CONTRACT.read_text(encoding="utf-8")


def test_check_says_so(capsys: pytest.CaptureFixture[str]) -> None:
    assert extract.main(["--check"]) == 0
    assert capsys.readouterr().err == ""


def test_document_names_no_machine() -> None:
    text = extract.CONTRACT.read_text(encoding="utf-8")
    assert "site-packages" not in text
    assert "/home" not in text


def test_overlay_names_only_what_exists() -> None:
    book = contract()
    overlay = book._overlay
    for name, notes in overlay["types"].items():
        described = book._document["types"][name]
        known = {*described["properties"], *described.get("navigation", {})}
        for part in ("nonNullable", "readOnly", "fixedAtCreation", "defaults"):
            assert set(notes.get(part, ())) <= known, (name, part)
    assert set(overlay["abstract"]["types"]) <= set(book.types)
    assert set(overlay["flags"]["enums"]) <= set(book.enums)


FACTS = [
    ("enum", "appleUserInitiatedEnrollmentType",
     ("unknown", "device", "user", "accountDrivenUserEnrollment", "webDeviceEnrollment", "unknownFutureValue")),
    ("enum", "installIntent", ("available", "required", "uninstall", "availableWithoutEnrollment")),
    ("subtypes", "iosSingleSignOnExtension",
     ("iosAzureAdSingleSignOnExtension", "iosCredentialSingleSignOnExtension", "iosKerberosSingleSignOnExtension",
      "iosRedirectSingleSignOnExtension")),
    ("subtypes", "keyTypedValuePair",
     ("keyBooleanValuePair", "keyIntegerValuePair", "keyRealValuePair", "keyStringValuePair")),
]  # fmt: skip


@pytest.mark.parametrize(("kind", "name", "expected"), FACTS, ids=[f[1] for f in FACTS])
def test_known_facts(kind: str, name: str, expected: tuple[str, ...]) -> None:
    book = contract()
    assert (book.enums[name] if kind == "enum" else book.types[name].subtypes) == expected


def test_profiles_have_no_assign_action_but_policies_and_apps_do() -> None:
    actions = {path for path in contract().routes if path.endswith("/assign")}
    assert {path.split("/")[2] for path in actions} == {
        "deviceConfigurations",
        "deviceCompliancePolicies",
        "mobileApps",
    }


def _route(book: Contract, path: str) -> dict[str, object]:
    """The contract's entry for a path, whatever its parameters are called."""
    plain = {re.sub(r"\{[^}]*\}", "{}", known): value for known, value in book.routes.items()}
    found = plain[path]["methods"]
    assert isinstance(found, dict)
    return found


@pytest.mark.parametrize("resource", RESOURCES, ids=lambda r: r.path)
def test_every_operation_served_is_in_the_contract(resource: Resource) -> None:
    book = contract()
    collection = _route(book, f"/{resource.path}")
    assert "GET" in collection
    if "POST" in resource.writes:
        assert collection["POST"] == {"body": resource.type, "response": resource.type}
    if resource.writes:
        assert {"GET", "PATCH", "DELETE"} <= set(_route(book, f"/{resource.path}/{{}}"))
    if resource.assign:
        body = _route(book, f"/{resource.path}/{{}}/assign")["POST"]
        assert isinstance(body, dict)
        assert body["body"][resource.assign] == f"[{resource.assignment}]"
    for child, kind in resource.children.items():
        assert _route(book, f"/{resource.path}/{{}}/{child}")["GET"] == {"response": f"[{kind}]"}
    for report, kind in resource.reports.items():
        assert _route(book, f"/{resource.path}/{{}}/{report}")["GET"] == {"response": kind}
    if resource.single:
        assert collection["GET"] == {"response": resource.type}


def test_reading_the_contract_leaves_the_sdk_alone() -> None:
    assert HERE.name == "contract"
    assert contract() is contract()


PEOPLE = {
    "deviceManagementTroubleshootingEvents": "[deviceManagementTroubleshootingEvent]",
    "managedDevices": "[managedDevice]",
    "ownedDevices": "[directoryObject]",
    "registeredDevices": "[directoryObject]",
}


@pytest.mark.parametrize("relation", [*people.INTUNE, *people.REGISTERED])
def test_every_relation_of_a_person_is_in_the_contract(relation: str) -> None:
    kind = PEOPLE.get(relation) or f"[{USERS.children[relation]}]"
    assert _route(contract(), f"/users/{{}}/{relation}")["GET"] == {"response": kind}
