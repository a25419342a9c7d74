"""`$filter`: what published tools send is understood, everything else is refused."""

from __future__ import annotations

import pytest

from reconciler.emulator.contract.schema import contract
from reconciler.emulator.errors import GraphError
from reconciler.emulator.odata_filter import compile_filter
from reconciler.model import JsonObject

FEATURES = {
    "@odata.type": "#microsoft.graph.iosDeviceFeaturesConfiguration",
    "id": "1",
    "displayName": "O'Brien",
    "version": 2,
}
FOREIGN = {
    "@odata.type": "#microsoft.graph.windows10CustomConfiguration",
    "id": "2",
    "displayName": "Windows",
    "version": 1,
}
POLICIES: list[JsonObject] = [FEATURES, FOREIGN]

MATCHES = [
    ("isof('microsoft.graph.iosDeviceFeaturesConfiguration')", "1"),
    ("isof('microsoft.graph.appleDeviceFeaturesConfigurationBase')", "1"),
    ("isof('microsoft.graph.deviceConfiguration')", "12"),
    ("not(isof('microsoft.graph.windows10CustomConfiguration'))", "1"),
    ("not isof('microsoft.graph.iosDeviceFeaturesConfiguration') and displayName eq 'Windows'", "2"),
    ("displayName eq 'O''Brien'", "1"),
    ("displayName eq 'o''brien'", ""),
    ("DisplayName eq 'Windows'", "2"),
    ("displayName ne 'Windows'", "1"),
    ("displayName eq 'O''Brien' and isof('microsoft.graph.iosDeviceFeaturesConfiguration')", "1"),
    ("id in ('1','3')", "1"),
    ("id eq '1' or id eq '2'", "12"),
    ("(id eq '1' or id eq '2') and version eq 1", "2"),
    ("id eq '1' or id eq '2' and version eq 1", "12"),
    ("contains(tolower(displayName),'o''b')", "1"),
    ("contains(DisplayName,'ind')", "2"),
    ("startswith(displayName,'Win')", "2"),
    ("description eq null", "12"),
    ("microsoft.graph.iosDeviceFeaturesConfiguration/lockScreenFootnote eq null", "12"),
    ("toupper(displayName) eq 'WINDOWS'", "2"),
]


@pytest.mark.parametrize(("text", "ids"), MATCHES)
def test_matches(text: str, ids: str) -> None:
    predicate = compile_filter(text, contract().types["deviceConfiguration"], contract())
    assert "".join(str(item["id"]) for item in POLICIES if predicate(item)) == ids


REFUSED = [
    "",
    "displayName",
    "displayName eq",
    "displayName eq 'x",
    "displayName eq 'x' extra",
    "(displayName eq 'x'",
    "displayName like 'x'",
    "version gt 1",
    "nonsense eq 1",
    "isof(iosDeviceFeaturesConfiguration)",
    "isof('microsoft.graph.nothing')",
    "endswith(displayName,'x')",
    "roleScopeTagIds/any(t:t eq '0')",
    "displayName eq 'x' and",
    "id in ()",
    "'x' 'y'",
]


@pytest.mark.parametrize("text", REFUSED)
def test_refuses_the_rest(text: str) -> None:
    with pytest.raises(GraphError, match="Invalid filter clause") as refused:
        compile_filter(text, contract().types["deviceConfiguration"], contract())
    assert refused.value.status == 400


def test_directory_compares_text_without_case() -> None:
    group: JsonObject = {
        "id": "3f1c2b7a-0d7e-4b2f-9a55-1f0e6f6a9c01",
        "displayName": "iOS Pilots",
        "mailEnabled": False,
    }
    test = contract().types["group"]
    assert compile_filter("displayName eq 'ios pilots'", test, contract(), fold_case=True)(group)
    assert compile_filter("mailEnabled eq false", test, contract(), fold_case=True)(group)
    assert compile_filter("id eq 3F1C2B7A-0D7E-4B2F-9A55-1F0E6F6A9C01", test, contract(), fold_case=True)(group)
