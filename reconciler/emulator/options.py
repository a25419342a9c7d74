"""Query options of a GET: `$select`, `$expand`, `$orderby`, `$top`, `$skip`, `$count`, and the page token.

Parsed and checked against the contract here; applied by `reading` and `render`.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cache
from urllib.parse import quote, unquote

from .contract.schema import Contract, GraphType
from .errors import bad_request
from .exchange import Request
from .odata_filter import Predicate, compile_filter
from .resources import Resource

KNOWN = frozenset(
    {"$select", "$expand", "$filter", "$orderby", "$top", "$skip", "$skiptoken", "$count", "$search", "$format"}
)
TOKEN = re.compile(r"\[emulator\]offset=(\d+)&lead=([01])\Z")
NESTED = re.compile(r"(?P<name>\w+)(?:\((?P<options>.*)\))?\Z")


@cache
def _narrow(select: tuple[str, ...]) -> frozenset[str] | None:
    return None if "*" in select else frozenset({*select, "@odata.type"})


@dataclass(frozen=True, slots=True)
class Shape:
    """How an object is shown; equal shapes give equal bytes, so it is a cache key."""

    item: bool
    select: tuple[str, ...] | None
    expand: tuple[str, ...]
    raw_enums: bool

    @property
    def narrow(self) -> frozenset[str] | None:
        """The names that an object is narrowed to; None for all."""
        return _narrow(self.select) if self.select is not None else None


@dataclass(frozen=True, slots=True)
class ListOptions:
    """What a list request asks for, beside the shape of its items. `lead` is 1 on a page after an empty one."""

    predicate: Predicate | None
    order: tuple[str, bool] | None
    top: int | None
    skip: int
    offset: int
    lead: int
    count: bool


def shape(
    request: Request, options: dict[str, str], static: GraphType, resource: Resource, contract: Contract
) -> Shape:
    """The shape of the items that a GET answers with. Raises `GraphError` 400 on unknown names."""
    unknown = sorted(name for name in options if name.startswith("$") and name not in KNOWN)
    if unknown:
        raise bad_request(f"The query parameter '{unknown[0]}' is not supported.")
    select = options.get("$select")
    return Shape(
        item=False,
        select=_select(select, static, contract) if select else resource.default_select,
        expand=_expand(options["$expand"], resource) if options.get("$expand") else (),
        raw_enums="include-unknown-enum-members" in request.headers.get("prefer", ""),
    )


def _select(text: str, static: GraphType, contract: Contract) -> tuple[str, ...]:
    names: list[str] = []
    for part in text.split(","):
        path = part.strip().split("/")
        cast = contract.named(path[0]) if path[0].startswith("microsoft.graph.") else None
        if path[0].removeprefix("microsoft.graph.") in contract.external:
            names.append(path[-1])  # a property of a type that the contract only knows by name
            continue
        owner, name = (cast, path[-1]) if cast is not None else (static, path[0])
        known = next((member for member in owner.properties if member.lower() == name.lower()), None)
        if known is None and name != "*":
            raise bad_request(f"Could not find a property named '{name}' on type 'microsoft.graph.{owner.name}'.")
        names.append(known or "*")
    return tuple(names)


def _split(text: str) -> Iterable[str]:
    """Splits at commas outside parentheses."""
    depth, start = 0, 0
    for position, letter in enumerate(text):
        depth += (letter == "(") - (letter == ")")
        if letter == "," and depth == 0:
            yield text[start:position]
            start = position + 1
    yield text[start:]


def _expand(text: str, resource: Resource) -> tuple[str, ...]:
    names: list[str] = []
    for part in _split(text):
        match = NESTED.match(part.strip())
        name = match["name"] if match else part
        if match is None or name not in resource.expand:
            raise bad_request(f"Could not find a property named '{name}' on type 'microsoft.graph.{resource.type}'.")
        if match["options"] not in (None, "$expand=scheduledActionConfigurations"):
            raise bad_request(f"The options '{match['options']}' inside $expand are not supported.")
        names.append(f"{name}()" if match["options"] else name)
    return tuple(names)


def list_options(
    options: dict[str, str], static: GraphType, resource: Resource, contract: Contract, *, eventual: bool
) -> ListOptions:
    """The rest of a list request. `eventual`: the request says `ConsistencyLevel: eventual`."""
    if "$search" in options:
        raise bad_request("Search is not supported here.")
    directory = resource.bucket == "directory"
    if directory and "$skip" in options:
        raise bad_request("'$skip' is not supported by the service.")
    text = options.get("$filter")
    offset, lead = _skip_token(options.get("$skiptoken"))
    return ListOptions(
        predicate=compile_filter(text, static, contract, fold_case=resource.fold_case) if text else None,
        order=_order(options["$orderby"], static) if options.get("$orderby") else None,
        top=_number(options, "$top", largest=resource.largest_page if directory else None),
        skip=_number(options, "$skip") or 0,
        offset=offset,
        lead=lead,
        count=options.get("$count") == "true" and (eventual or not directory),
    )


def contained_options(options: dict[str, str]) -> ListOptions:
    """The options of a collection inside an object (`/assignments`): `$top` and the page token; others are refused."""
    refused = sorted(set(options) - {"$top", "$skiptoken"})
    if refused:
        raise bad_request(f"The query option '{refused[0]}' is not supported here.")
    offset, lead = _skip_token(options.get("$skiptoken"))
    return ListOptions(None, None, _number(options, "$top"), 0, offset, lead, count=False)


def _order(text: str, static: GraphType) -> tuple[str, bool]:
    name, _, direction = text.strip().partition(" ")
    known = next((member for member in static.properties if member.lower() == name.lower()), None)
    if known is None or direction not in ("", "asc", "desc"):
        raise bad_request(f"The order '{text}' is not supported here.")
    return known, direction == "desc"


def _number(options: dict[str, str], name: str, largest: int | None = None) -> int | None:
    text = options.get(name)
    if text is None:
        return None
    if not text.isdecimal() or (largest is not None and int(text) > largest) or (name == "$top" and int(text) == 0):
        raise bad_request(f"Invalid value '{text}' for {name} query option found.")
    return int(text)


def _skip_token(text: str | None) -> tuple[int, int]:
    if text is None:
        return 0, 0
    match = TOKEN.match(unquote(text))
    if match is None:
        raise bad_request("Skip token is invalid.")
    return int(match[1]), int(match[2])


def next_query(query: str, offset: int, lead: int) -> str:
    """The query of the next page: as asked, with a page token that is encoded twice, as Intune's are."""
    kept = [part for part in query.split("&") if part and not part.lower().startswith(("$skiptoken=", "%24skiptoken="))]
    token = quote(quote(f"[emulator]offset={offset}&lead={lead}", safe=""), safe="")
    return "&".join([*kept, f"$skiptoken={token}"])
