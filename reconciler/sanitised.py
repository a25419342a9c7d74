"""What of a live object a snapshot may show: no secret, no person, no device. Pure.

Whatever is left out decides no plan, rule or chain; whatever is masked says so. Sources of the forms: the resource
types singleSignOnExtension and deviceManagementConfigurationSettingInstance of Microsoft Graph (beta).
"""

from __future__ import annotations

import re
from typing import Any, Final

from .model import Json, JsonObject
from .records import is_secret, masked

MASK: Final = "(masked)"
_ADDRESS = re.compile(r"[^\s@<>,;:\"'()\[\]|=]+(?:@|%40)[^\s@<>,;:\"'()\[\]|=]+\.[^\s@<>,;:\"'()\[\]|=.]+")
"""What may be a person's mail address or sign-in name, wherever in a text it stands."""
_SIGN_IN = re.compile(r"(?<=://)[^\s/?#@]+@")
"""Name and password before the host of an address."""
_QUERY = re.compile(r"([?&][^\s=&#]*(?:token|secret|key|password|pwd|sig|signature|code)=)[^\s&#]+", re.IGNORECASE)
"""A query parameter that lets in whoever knows it."""
_QUOTED = r"\"(?:\\.|[^\"\\])*\"?|'(?:\\.|[^'\\])*'?"
_LITERAL = re.compile(_QUOTED)
_DEVICE = re.compile(
    rf"(device\.deviceName\s+-(?:eq|ne|in|notIn)\s+)((?:{_QUOTED})|\[(?:{_QUOTED}|[^\]\"'])*\]?)", re.IGNORECASE
)
"""Where a filter names devices. What a name begins with or contains stays: it stands for a sort of device."""
_ENTRA = "iosazureadsinglesignonextension"
_EXTENSION = frozenset(
    {
        "@odata.type", "bundleIdAccessControlList", "configurations", "domains", "enableSharedDeviceMode",
        "extensionIdentifier", "teamIdentifier", "urlPrefixes",
    }
)  # fmt: skip
"""What is looked at of an SSO extension that no spec writes: of Kerberos, say, whose sign-in name is a person's."""
_TOP = re.compile(r"com\.apple\.extensiblesso|ade_useraffinity$")
_WITH_VALUE = re.compile(
    r"com\.apple\.extensiblesso_(?:com\.apple\.extensiblesso|type|extensionidentifier|extensiondata(?:_generickey_.*)?)$"
    r"|ade_useraffinity$|ade_authenticationmethod$"
)
"""Settings of the catalog whose value is looked at. Of others below them only their id is."""
_KEY = "com.apple.extensiblesso_extensiondata_generickey_keytobereplaced"
_INSTANCE = frozenset({"@odata.type", "settingDefinitionId"})


def sanitised(value: JsonObject) -> JsonObject:
    """An object with everything masked that may be a secret or name a person. Types stay, so that it can be read."""
    found = _masked(value, masked(value))
    assert isinstance(found, dict), "an object stays one"
    return found


def _masked(value: Json, hidden: Any) -> Json:
    if isinstance(hidden, dict) and hidden.keys() == {"masked"}:
        return _blank(value)
    if isinstance(value, dict):
        return {key: _masked(member, hidden[key]) for key, member in value.items()}
    if isinstance(value, list):
        return [_masked(member, inner) for member, inner in zip(value, hidden, strict=True)]
    return text(value) if isinstance(value, str) else value


def _blank(value: Json) -> Json:
    if isinstance(value, bool):
        return False
    return MASK if isinstance(value, str) else 0 if isinstance(value, int | float) else None


def text(value: str) -> str:
    """A text without addresses of people, and without what lets in whoever knows it."""
    return _ADDRESS.sub(MASK, _QUERY.sub(rf"\1{MASK}", _SIGN_IN.sub(f"{MASK}@", value)))


def masks(value: Json) -> int:
    """How many texts of a value have something masked."""
    if isinstance(value, str):
        return MASK in value
    inner = value.values() if isinstance(value, dict) else value if isinstance(value, list) else ()
    return sum(map(masks, inner))


# Rules


def membership_rule(rule: Json) -> Json:
    """The rule of a dynamic group: whether it is about devices, and nothing of the names and ids that it asks for."""
    return ("(device.*)" if "device." in rule.casefold() else "(user.*)") if isinstance(rule, str) else rule


def filter_rule(rule: Json) -> Json:
    """The rule of an assignment filter, without the names of single devices."""
    return _DEVICE.sub(lambda m: m[1] + _LITERAL.sub(f'"{MASK}"', m[2]), rule) if isinstance(rule, str) else rule


# SSO extensions


def extension(raw: Json) -> Json:
    """An SSO extension: that of Entra whole, for a spec carries over what it does not mention."""
    if not isinstance(raw, dict) or str(raw.get("@odata.type")).rpartition(".")[2].casefold() == _ENTRA:
        return raw
    return {name: raw[name] for name in sorted(_EXTENSION & raw.keys())}


def settings(listed: list[Json]) -> list[Json]:
    """Of the settings of a catalog policy those that are looked at."""
    shown: list[Json] = []
    for each in listed:
        instance = each.get("settingInstance") if isinstance(each, dict) else None
        if isinstance(each, dict) and isinstance(instance, dict) and _TOP.match(_definition(instance)):
            shown.append({**{k: each[k] for k in ("id",) if k in each}, "settingInstance": _instance(instance)})
    return shown


def _definition(instance: JsonObject) -> str:
    return str(instance.get("settingDefinitionId"))


def _instance(instance: JsonObject) -> JsonObject:
    if not _WITH_VALUE.match(_definition(instance)):
        return {name: instance[name] for name in sorted(_INSTANCE & instance.keys())}
    return {name: _value(member) for name, member in instance.items()}


def _value(value: Json) -> Json:
    """A value of a setting, with what is below it."""
    if isinstance(value, list):
        return [_value(each) for each in value]
    if not isinstance(value, dict):
        return value
    if isinstance(children := value.get("children"), list):
        shown: list[Json] = [_instance(each) for each in children if isinstance(each, dict)]
        return {**value, "children": _hidden(shown) if _names_a_secret(shown) else shown}
    if str(value.get("@odata.type")).endswith("SecretSettingValue"):
        return {**value, "value": MASK}
    return value


def _names_a_secret(children: list[Json]) -> bool:
    """Whether these are the key and the value of a pair whose key looks like that of a secret."""
    keys: list[Any] = [each for each in children if isinstance(each, dict) and _definition(each) == _KEY]
    values = [each.get("simpleSettingValue") for each in keys]
    return any(is_secret(str(each.get("value"))) for each in values if isinstance(each, dict))


def _hidden(value: Any) -> Any:
    """The children of such a pair, without its value."""
    if isinstance(value, list):
        return [_hidden(each) for each in value]
    if not isinstance(value, dict) or value.get("settingDefinitionId") == _KEY:
        return value
    shown = {name: _hidden(member) for name, member in value.items()}
    if isinstance(held := shown.get("simpleSettingValue"), dict):
        shown["simpleSettingValue"] = {**held, "value": _blank(held.get("value"))}
    return shown
