"""The SSO extension inside a device-features policy: its pairs as Graph has them, and as rules see them.

Two properties may hold one: `iosSingleSignOnExtension`, which specs write, and its deprecated predecessor. Source: the
resource types iosDeviceFeaturesConfiguration and keyTypedValuePair of Microsoft Graph (beta).
"""

from __future__ import annotations

from dataclasses import replace

from ..facts import REGISTRATION_KEY, SAFARI_KEY, Pair, SsoPolicy, Value
from ..live import Live
from ..model import Json, JsonObject
from ..spec.load import Desired

PROPERTY, DEPRECATED = "iosSingleSignOnExtension", "singleSignOnExtension"
EXTENSION = "#microsoft.graph.iosAzureAdSingleSignOnExtension"
_PAIRS = {
    "string": "#microsoft.graph.keyStringValuePair",
    "integer": "#microsoft.graph.keyIntegerValuePair",
    "boolean": "#microsoft.graph.keyBooleanValuePair",
    "real": "#microsoft.graph.keyRealValuePair",
}
_TYPES = {name.casefold(): kind for kind, name in _PAIRS.items()}
_EXTENSIONS = {"azuread": "entra", "redirect": "redirect", "credential": "credential", "kerberos": "kerberos"}


def objects(value: Json) -> list[JsonObject]:
    """The objects of a list; none where it is no list."""
    return [entry for entry in value if isinstance(entry, dict)] if isinstance(value, list) else []


def extension_of(body: JsonObject, member: str = PROPERTY) -> JsonObject:
    """The extension of a live policy; empty where it has none."""
    extension = body.get(member)
    return extension if isinstance(extension, dict) else {}


def live_pairs(extension: JsonObject) -> list[JsonObject]:
    """The pairs as Graph has them."""
    return objects(extension.get("configurations"))


def read_pair(pair: JsonObject) -> JsonObject:
    """A pair of Graph as specs write it; a type that specs have no word for keeps Graph's name."""
    type_name = "#" + str(pair.get("@odata.type", "")).lstrip("#")
    return {"key": pair.get("key"), "type": _TYPES.get(type_name.casefold(), type_name), "value": pair.get("value")}


def write_pair(entry: JsonObject) -> JsonObject:
    """A pair of a spec as Graph takes it."""
    return {"@odata.type": _PAIRS[str(entry["type"])], "key": entry["key"], "value": entry["value"]}


def declared(desired: Desired) -> SsoPolicy:
    """What a spec says. A switch that is not mentioned is on, and has no place."""
    spec = desired.spec
    entries = objects(spec.get("additionalConfiguration"))
    return SsoPolicy(
        name=str(spec.get("displayName", desired.address.name)),
        pairs=tuple(
            Pair(entry["key"], str(entry["type"]), entry["value"], ("spec", "additionalConfiguration", index))
            for index, entry in enumerate(entries)
        ),
        bundle_ids=_bundle_ids(spec.get("appBundleIds"), placed=True),
        registration=_switch(spec, "jitRegistration"),
        safari=_switch(spec, "safariSso"),
        shared_device=spec.get("sharedDeviceMode") is True,
    )


def _switch(spec: JsonObject, name: str) -> Value:
    return Value(spec[name], ("spec", name)) if name in spec else Value(True)


def _bundle_ids(value: Json, *, placed: bool = False) -> tuple[Value, ...]:
    listed = value if isinstance(value, list) else []
    return tuple(Value(each, ("spec", "appBundleIds", i) if placed else ()) for i, each in enumerate(listed))


def shown(live: Live) -> SsoPolicy | None:
    """What a live device-features policy says; None where it has no SSO extension."""
    extension, deprecated = extension_of(live.body), extension_of(live.body, DEPRECATED)
    if not (extension or deprecated):
        return None
    held = extension or deprecated
    sort = _sort(held)
    return SsoPolicy(
        name=live.display_name,
        pairs=tuple(_pair(read_pair(pair)) for pair in live_pairs(held)),
        bundle_ids=_bundle_ids(held.get("bundleIdAccessControlList")),
        extension=sort,
        urls=tuple(str(url) for member in ("urlPrefixes", "domains") for url in _list(held.get(member))),
        shared_device=held.get("enableSharedDeviceMode") is True,
        encoding="template" if extension else "deprecated",
        not_understood=() if sort in _EXTENSIONS.values() else (f"an extension of type {sort}",),
    )


def carried(desired: Desired, live: Live) -> SsoPolicy | None:
    """What a spec leaves as it is in its live policy: pairs and apps, where it does not mention them.

    The two pairs that the switches write are always the spec's, and what becomes of shared device mode is told with
    the plan.
    """
    found, spec = shown(live), desired.spec
    if found is None or found.extension != "entra":
        return None
    pairs = () if "additionalConfiguration" in spec else found.pairs
    return replace(
        found,
        pairs=tuple(pair for pair in pairs if pair.key not in (REGISTRATION_KEY, SAFARI_KEY)),
        bundle_ids=() if "appBundleIds" in spec else found.bundle_ids,
        registration=Value(True),
        safari=Value(True),
        memo={},
    )


def _pair(entry: JsonObject) -> Pair:
    return Pair(entry["key"], str(entry["type"]), entry["value"])


def _sort(extension: JsonObject) -> str:
    """`entra`, `redirect`, … by Graph's type name; that name itself where it is none of the known ones."""
    name = str(extension.get("@odata.type", "")).rpartition(".")[2]
    short = name.casefold().removesuffix("singlesignonextension").removeprefix("ios")
    return _EXTENSIONS.get(short, name)


def _list(value: Json) -> list[Json]:
    return value if isinstance(value, list) else []
