"""How a profile lets people enroll: in the portal's words, which specs use, and in Graph's.

Graph has a default and a list of options, each for personal or company devices. The portal's single types are exactly
one option for personal devices. Source: the resource type appleUserInitiatedEnrollmentProfile (Microsoft Graph, beta).
"""

from __future__ import annotations

from ..facts import ACCOUNT_DRIVEN, COMPANY_PORTAL, USER_CHOICE, WEB_BASED, WITHDRAWN
from ..model import Json, JsonObject

OPTION = "#microsoft.graph.appleOwnerTypeEnrollmentType"
_TO_GRAPH = {
    WEB_BASED: "webDeviceEnrollment",
    ACCOUNT_DRIVEN: "accountDrivenUserEnrollment",
    COMPANY_PORTAL: "device",
    WITHDRAWN: "user",
}
_FROM_GRAPH = {graph: ours for ours, graph in _TO_GRAPH.items()}
TYPES = frozenset({*_TO_GRAPH, USER_CHOICE})
DEFAULT_CHOICE: JsonObject = {
    "default": WEB_BASED,
    "options": [
        {"owner": "personal", "type": WEB_BASED},
        {"owner": "company", "type": COMPANY_PORTAL},
    ],
}


def live_type(body: JsonObject) -> Json:
    """The enrollment type of a live profile in the words of the portal; what is neither shows as it is.

    A single type is exactly that one option for personal devices; two or more options are the user's choice.
    """
    choice = live_choice(body)
    options = choice["options"]
    assert isinstance(options, list)
    if len(options) > 1:
        return USER_CHOICE
    only = options[0] if options else None
    if isinstance(only, dict) and only == {"owner": "personal", "type": choice["default"]}:
        return choice["default"]
    return choice


def live_choice(body: JsonObject) -> JsonObject:
    """Default and options of a live profile, in the words of specs; a word of Graph that has none stays."""
    raw = body.get("availableEnrollmentTypeOptions")
    options = [option for option in (raw if isinstance(raw, list) else []) if isinstance(option, dict)]
    return sorted_choice(
        {
            "default": _ours(body.get("defaultEnrollmentType")),
            "options": [{"owner": o.get("ownerType"), "type": _ours(o.get("enrollmentType"))} for o in options],
        }
    )


def sorted_choice(choice: Json) -> JsonObject:
    """A choice in its canonical form: the order of its options means nothing."""
    assert isinstance(choice, dict), "the schema lets through mappings only"
    options = choice.get("options")
    unique = {
        (str(o["owner"]), str(o["type"])) for o in (options if isinstance(options, list) else []) if isinstance(o, dict)
    }
    return {"default": choice.get("default"), "options": [{"owner": o, "type": t} for o, t in sorted(unique)]}


def written(kind: Json, choice: Json) -> JsonObject:
    """A type, or the choice where there is one, as Graph takes it."""
    if not isinstance(choice, dict):
        choice = {"default": kind, "options": [{"owner": "personal", "type": kind}]}
    options = choice["options"]
    assert isinstance(options, list)
    return {
        "defaultEnrollmentType": _theirs(choice["default"]),
        "availableEnrollmentTypeOptions": [
            {"@odata.type": OPTION, "ownerType": o["owner"], "enrollmentType": _theirs(o["type"])}
            for o in options
            if isinstance(o, dict)
        ],
    }


def _ours(graph_type: Json) -> Json:
    return _FROM_GRAPH.get(str(graph_type), graph_type)


def _theirs(our_type: Json) -> Json:
    return _TO_GRAPH.get(str(our_type), our_type)
