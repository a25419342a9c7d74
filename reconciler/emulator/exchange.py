"""One request and one answer, without sockets: what `service` works on, for HTTP and for parts of a `$batch` alike."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from urllib.parse import unquote, unquote_plus

from reconciler.model import Json

from .errors import GraphError, bad_request

JSON_TYPE = "application/json;odata.metadata=minimal;odata.streaming=true;IEEE754Compatible=false;charset=utf-8"
_ENCODER = json.JSONEncoder(ensure_ascii=False, separators=(",", ":"))
KEY_SEGMENT = re.compile(r"(?P<name>[^(]+)\('(?P<key>.*)'\)\Z")


@dataclass(frozen=True, slots=True)
class Request:
    """`segments` are decoded and follow the version; `headers` have lower-case names; `body` is the parsed JSON, or
    None with the reason in `unreadable`."""

    method: str
    version: str
    segments: tuple[str, ...]
    query: str
    headers: Mapping[str, str]
    body: Json = None
    inner: bool = False
    unreadable: GraphError | None = None

    @property
    def path(self) -> str:
        return "/" + "/".join((self.version, *self.segments))

    def options(self) -> dict[str, str]:
        """Query options by name, decoded; a repeated one is refused, as Graph does."""
        found: dict[str, str] = {}
        for part in self.query.split("&"):
            name, _, value = part.partition("=")
            name = unquote_plus(name)
            if name and name in found:
                raise bad_request(f"Query option '{name}' was specified more than once, but it must be specified once.")
            if name:
                found[name] = unquote_plus(value)
        return found


@dataclass(frozen=True, slots=True)
class Reply:
    """`body` is what goes over the wire; headers add to those that every answer has."""

    status: int
    body: bytes = b""
    headers: Mapping[str, str] = field(default_factory=dict)
    content_type: str = JSON_TYPE


def json_bytes(value: Json) -> bytes:
    return _ENCODER.encode(value).encode()


def json_reply(status: int, value: Json, headers: Mapping[str, str] | None = None) -> Reply:
    return Reply(status, json_bytes(value), headers or {})


def split_path(path: str) -> tuple[str, ...]:
    """Decoded segments of a raw path; `name('key')` counts as two."""
    segments: list[str] = []
    for raw in path.strip("/").split("/"):
        segment = unquote(raw)
        keyed = KEY_SEGMENT.match(segment)
        segments.extend((keyed["name"], keyed["key"].replace("''", "'")) if keyed else (segment,))
    return tuple(segments)


def read_body(raw: bytes, content_type: str) -> tuple[Json, GraphError | None]:
    """A body, or why it is none."""
    if not raw:
        return None, None
    if "json" not in content_type:
        return None, GraphError(415, "UnsupportedMediaType", f"Content-Type '{content_type}' is not supported.")
    try:
        return parse_json(raw), None
    except GraphError as error:
        return None, error


def parse_json(raw: bytes) -> Json:
    """Strict JSON: no duplicate names, no NaN. Raises `GraphError` 400."""
    try:
        value: Json = json.loads(raw, object_pairs_hook=_unique, parse_constant=_no_constant)
    except ValueError as error:
        raise bad_request(f"Unable to read JSON request payload. {error}") from None
    return value


def _unique(pairs: list[tuple[str, Json]]) -> dict[str, Json]:
    if len({name for name, _ in pairs}) != len(pairs):
        raise ValueError("A property name occurs twice in one object.")
    return dict(pairs)


def _no_constant(name: str) -> Json:
    raise ValueError(f"{name} is not JSON.")
