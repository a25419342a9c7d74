"""Policies of the settings catalog that do what a spec may do in another form. They are read, and never written.

The payload `com.apple.extensiblesso` is a second form of the SSO policy, and policies of the technology `enrollment`
are one of profiles of Automated Device Enrollment. Microsoft Graph documents the form of settings
("deviceManagementConfigurationSettingInstance"); what the ids of their definitions mean is known from published
exports of tenants. Whatever is not known from these is told as not understood, and not guessed.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from ..facts import AutomatedProfile, Fact, Pair, SsoPolicy, Value
from ..live import Collection, Live
from ..model import Json, JsonObject


def concerns_ios(raw: JsonObject) -> bool:
    """Whether a policy may reach iPhones and iPads: its platforms name them, or none that are known."""
    platforms = raw.get("platforms")
    named = {each.strip().casefold() for each in platforms.split(",")} if isinstance(platforms, str) else set()
    return "ios" in named or not named - {"", "none", "unknownfuturevalue"}


COLLECTION = Collection(
    "settingsCatalog",
    "/beta/deviceManagement/configurationPolicies",
    assignments="separate",
    read_permissions=("DeviceManagementConfiguration.Read.All", "DeviceManagementConfiguration.ReadWrite.All"),
    top=None,
    concerns=concerns_ios,
    contains=("settings",),
)
_SSO = "com.apple.extensiblesso"
_PAYLOAD = f"{_SSO}_{_SSO}"
_DATA, _KEY, _PICKER = f"{_SSO}_extensiondata", f"{_SSO}_extensiondata_generickey_keytobereplaced", "$typepicker"
_TYPED = {f"{_SSO}_extensiondata_generickey_{kind}": kind for kind in ("string", "integer", "boolean", "real")}
_IDENTIFIER, _TYPE = f"{_SSO}_extensionidentifier", f"{_SSO}_type"
_ENTRA = "com.microsoft.azureauthenticator.ssoextension"
_EXTENSIONS = {f"{_TYPE}_0": "credential", f"{_TYPE}_1": "redirect"}
_ALLOWED = "AppAllowList"
"""The key that has the purpose of the template's list of bundle ids: ids with commas between them.

Source: "Microsoft Enterprise SSO plug-in for Apple devices".
"""
_WITHOUT_WEIGHT = frozenset(f"{_SSO}_{name}" for name in ("urls", "hosts", "teamidentifier", "screenlockedbehavior"))
"""Settings of the payload that say nothing which the nouns could hold, and that take nothing from it."""
_AFFINITY, _METHOD = "ade_useraffinity", "ade_authenticationmethod"
_MODERN = f"{_METHOD}_2"
_TOKEN = "DepTokenId_"  # noqa: S105 - the prefix of an id


def shows(live: Live) -> Fact | None:
    """What a policy is in the nouns of enrollment; None where it has nothing to do with it."""
    settings = [_object(each, "settingInstance") for each in _objects(live.body.get("settings"))]
    payloads = [group for each in settings if _definition(each) == _PAYLOAD for group in _groups(each)]
    if payloads:
        return _sso_policy(live.display_name, payloads)
    others = [_definition(each) for each in settings if _definition(each).startswith(_SSO)]
    if others:
        return SsoPolicy(live.display_name, extension="other", encoding="catalog", not_understood=tuple(others))
    if "enrollment" in str(live.body.get("technologies") or "").casefold():
        return _automated(live, settings)
    return None


# The SSO extension


def _sso_policy(name: str, payloads: list[JsonObject]) -> SsoPolicy:
    """The extension of Entra where one of the payloads is that, else the first."""
    children = [_objects(each.get("children")) for each in payloads]
    chosen = next((each for each in children if _extension(each) == "entra"), children[0])
    pairs, unread = _pairs(chosen)
    known = {_DATA, _IDENTIFIER, _TYPE} | _WITHOUT_WEIGHT
    unread += [_definition(each) for each in chosen if _definition(each) not in known]
    if len(children) > 1:
        unread.append(f"{len(children) - 1} more SSO payloads in the same policy")
    return SsoPolicy(
        name,
        tuple(pairs),
        tuple(Value(each) for pair in pairs if pair.key == _ALLOWED for each in _listed(pair.value)),
        extension=_extension(chosen),
        encoding="catalog",
        not_understood=tuple(unread),
    )


def _extension(children: list[JsonObject]) -> str:
    """`entra` by the id of the extension, else what sort it is, else its id."""
    named = {_definition(each): _simple(each) for each in children}
    identifier = str(named.get(_IDENTIFIER) or "").strip()
    if identifier.casefold() == _ENTRA:
        return "entra"
    kind = next((_chosen(each) for each in children if _definition(each) == _TYPE), None)
    return _EXTENSIONS.get(str(kind), identifier or "other")


def _pairs(children: list[JsonObject]) -> tuple[list[Pair], list[str]]:
    """The extension's data, and what of it has a form that is not known."""
    pairs: list[Pair] = []
    unread: list[str] = []
    for group in (g for each in children if _definition(each) == _DATA for g in _groups(each)):
        entry = {_definition(each): each for each in _objects(group.get("children"))}
        key = _simple(entry.get(_KEY, {}))
        typed = _typed(entry)
        if typed is None:
            unread.append(f"the value of {key}" if isinstance(key, str) else "an entry of the extension's data")
        else:
            pairs.append(Pair(key, *typed))
    return pairs, unread


def _typed(entry: Mapping[str, JsonObject]) -> tuple[str, Json] | None:
    """Type and value of one entry: the child of the choice of its type."""
    picked = next((each for name, each in entry.items() if name.endswith(_PICKER)), {})
    for child in _objects(_object(picked, "choiceSettingValue").get("children")):
        kind = _TYPED.get(_definition(child))
        if kind == "boolean":
            return _boolean(child)
        if kind:
            return kind, _simple(child)
    return None


def _boolean(child: JsonObject) -> tuple[str, Json] | None:
    word = str(_chosen(child) or "").rpartition("_")[2]
    return ("boolean", word == "true") if word in ("true", "false") else None


def _listed(value: Json) -> list[str]:
    return [each.strip() for each in value.split(",") if each.strip()] if isinstance(value, str) else []


# Automated Device Enrollment


def _automated(live: Live, settings: list[JsonObject]) -> AutomatedProfile:
    """A profile as far as its settings tell: which sign-in the other choices mean is not documented."""
    affinity = next((each for each in settings if _definition(each) == _AFFINITY), {})
    method = next((c for c in _children(affinity) if _definition(c) == _METHOD), {})
    source = str(live.body.get("creationSource") or "")
    token = source.removeprefix(_TOKEN) if source.startswith(_TOKEN) else None
    if _chosen(affinity) == f"{_AFFINITY}_0":
        return AutomatedProfile(live.display_name, "none", token=token)
    return AutomatedProfile(live.display_name, "modern" if _chosen(method) == _MODERN else "unknown", token=token)


# The form of settings


def _definition(instance: JsonObject) -> str:
    return str(instance.get("settingDefinitionId") or "")


def _groups(instance: JsonObject) -> list[JsonObject]:
    return _objects(instance.get("groupSettingCollectionValue"))


def _children(instance: JsonObject) -> Iterator[JsonObject]:
    yield from _objects(_object(instance, "choiceSettingValue").get("children"))


def _simple(instance: JsonObject) -> Json:
    return _object(instance, "simpleSettingValue").get("value")


def _chosen(instance: JsonObject) -> Json:
    return _object(instance, "choiceSettingValue").get("value")


def _object(holder: JsonObject, name: str) -> JsonObject:
    held = holder.get(name)
    return held if isinstance(held, dict) else {}


def _objects(value: Json) -> list[JsonObject]:
    return [each for each in value if isinstance(each, dict)] if isinstance(value, list) else []
