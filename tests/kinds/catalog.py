"""Policies of the settings catalog as Graph answers for them: for tests of what they are read as.

The shapes follow Microsoft's metadata (`deviceManagementConfigurationSetting`), the ids of definitions published
exports; names and ids of objects are invented.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

SSO = "com.apple.extensiblesso"
GRAPH = "#microsoft.graph.deviceManagementConfiguration"
ENTRA = "com.microsoft.azureauthenticator.ssoextension"
POLICY = "77777777-0000-4000-8000-000000000001"
ENROLLMENT_TEMPLATE = "27d20e9c-50c1-48f8-a44c-f37de4510051_1"

JIT_PAIRS = (
    ("device_registration", "string", "{{DEVICEREGISTRATION}}"),
    ("browser_sso_interaction_enabled", "integer", 1),
)


def simple(definition: str, value: str | int) -> dict[str, Any]:
    """A setting with one value."""
    kind = "Integer" if isinstance(value, int) else "String"
    return {
        "@odata.type": f"{GRAPH}SimpleSettingInstance",
        "settingDefinitionId": definition,
        "simpleSettingValue": {"@odata.type": f"{GRAPH}{kind}SettingValue", "value": value},
    }


def choice(definition: str, value: str, *children: Any) -> dict[str, Any]:
    """A setting with one of several values, each of which may have settings of its own."""
    return {
        "@odata.type": f"{GRAPH}ChoiceSettingInstance",
        "settingDefinitionId": definition,
        "choiceSettingValue": {"value": value, "children": [*children]},
    }


def group(definition: str, *values: Iterable[Any]) -> dict[str, Any]:
    """A group of settings, once or several times."""
    return {
        "@odata.type": f"{GRAPH}GroupSettingCollectionInstance",
        "settingDefinitionId": definition,
        "groupSettingCollectionValue": [{"children": [*children]} for children in values],
    }


def entry(key: str, kind: str, value: Any) -> list[Any]:
    """One pair of the extension's data."""
    definition = f"{SSO}_extensiondata_generickey_{kind}"
    if kind == "boolean":
        held = choice(definition, f"{SSO}_extensiondata_generickey_{str(value).lower()}")
    else:
        held = simple(definition, value)
    picker = choice(f"{SSO}_ignored_$typepicker", f"{SSO}_ignored_0", held)
    return [simple(f"{SSO}_extensiondata_generickey_keytobereplaced", key), picker]


def payload(pairs: Iterable[tuple[str, str, Any]] = JIT_PAIRS, *more: Any, identifier: str = ENTRA) -> dict[str, Any]:
    """The SSO payload."""
    children = [
        group(f"{SSO}_extensiondata", *(entry(*pair) for pair in pairs)),
        simple(f"{SSO}_extensionidentifier", identifier),
        choice(f"{SSO}_type", f"{SSO}_type_1"),
        *more,
    ]
    return group(f"{SSO}_{SSO}", children)


def policy(*instances: Any, name: str = "Enterprise SSO", **members: Any) -> dict[str, Any]:
    """A policy of the catalog with these settings."""
    settings = [{"id": str(index), "settingInstance": each} for index, each in enumerate(instances)]
    return {
        "id": POLICY,
        "name": name,
        "description": "",
        "platforms": "iOS",
        "technologies": "mdm,appleRemoteManagement",
        "templateReference": {"templateId": "", "templateFamily": "none"},
        "settings": settings,
        "assignments": [],
        **members,
    }


def enrollment(*settings: Any, name: str = "ADE - staff", **members: Any) -> dict[str, Any]:
    """A policy for Automated Device Enrollment."""
    template = {"templateId": ENROLLMENT_TEMPLATE, "templateFamily": "enrollmentConfiguration"}
    given = {"technologies": "enrollment", "templateReference": template, "creationSource": "DepTokenId_abc", **members}
    return policy(*settings, name=name, **given)
