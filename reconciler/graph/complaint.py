"""What an error answer says, whatever its shape. Used by `verdict` and `batch`.

Graph's shape is `{"error": {"code", "message", "innerError"}}`. Intune puts a JSON document into `message` as a string,
whose own `Message` may be JSON again; gateways and proxies answer HTML, nothing, or anything else.
Shapes: error bodies published in issues of microsoftgraph/microsoft-graph-docs-contrib (#4157, #4523, #7983).
"""

from __future__ import annotations

import json
import re
from dataclasses import dataclass

from ..model import Json, JsonObject
from .wording import printable

_NESTING = 3
_READ_AT_MOST = 1 << 16
_GUID = r"[0-9a-fA-F]{8}(?:-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}"
_ACTIVITY = re.compile(rf"Activity ID: ({_GUID})")
_TAIL = re.compile(r"\s+-\s+(?:Operation ID|Activity ID)\b")
_TITLE = re.compile(r"<title[^>]*>(.*?)</title", re.IGNORECASE | re.DOTALL)


@dataclass(frozen=True, slots=True)
class Complaint:
    """What is known of one error answer."""

    message: str
    """Readable and bounded; never empty."""
    codes: tuple[str, ...] = ()
    """Error codes from the outermost to the innermost."""
    activity_id: str | None = None
    request_id: str | None = None
    retry_after: float | None = None
    """Seconds, where the body states them."""

    @property
    def code(self) -> str | None:
        """The most telling code: the innermost."""
        return self.codes[-1] if self.codes else None

    @property
    def forbidden(self) -> bool:
        """Whether it is about permissions, whatever the status says (Intune answers 401 for some)."""
        return any(code.casefold() in {"forbidden", "authorization_requestdenied"} for code in self.codes)


def read_complaint(body: bytes) -> Complaint:
    """What the body of an error answer says."""
    if not body.strip():
        return Complaint("no explanation came with it")
    text = body[:_READ_AT_MOST].decode("utf-8", errors="replace")
    if text.lstrip("\ufeff \t\r\n").startswith("<"):
        return Complaint(_of_page(text, len(body)))
    try:
        return complaint_of(json.loads(text))
    except (ValueError, RecursionError):
        return Complaint(_of_bytes(text, len(body)))


def complaint_of(value: Json) -> Complaint:
    """What an error body says that is JSON."""
    if isinstance(value, dict) and "error" in value:
        value = value["error"]
    codes: list[str] = []
    request_id: str | None = None
    retry_after: float | None = None
    for _ in range(_NESTING + 1):
        if not isinstance(value, dict):
            break
        codes += _texts(value, "code", "ErrorCode")
        request_id = request_id or _request_id(value)
        retry_after = _seconds(value.get("RetryAfter")) if retry_after is None else retry_after
        value = _unwrapped(next(iter(_texts(value, "message", "Message")), None))
    raw = value if isinstance(value, str) else ""
    activity = _ACTIVITY.search(raw)
    message = printable(_TAIL.split(raw, maxsplit=1)[0]) or "no explanation came with it"
    return Complaint(
        message,
        tuple(printable(code, limit=80) for code in codes),
        activity.group(1) if activity else None,
        request_id,
        retry_after,
    )


def _unwrapped(message: str | None) -> Json:
    """The JSON object that a message consists of, else the message itself."""
    if message and message.lstrip().startswith("{"):
        try:
            inner: Json = json.loads(message)
        except (ValueError, RecursionError):
            return message
        return inner["error"] if isinstance(inner, dict) and isinstance(inner.get("error"), dict) else inner
    return message


def _texts(value: JsonObject, *names: str) -> list[str]:
    return [text for name in names if isinstance(text := value.get(name), str) and text.strip()]


def _request_id(value: JsonObject) -> str | None:
    inner = value.get("innerError", value.get("innererror"))
    found = _texts(inner, "request-id") if isinstance(inner, dict) else []
    return printable(found[0], limit=80) if found else None


def _seconds(value: Json) -> float | None:
    if isinstance(value, str):
        try:
            value = float(value)
        except ValueError:
            return None
    if isinstance(value, bool) or not isinstance(value, int | float):
        return None
    return float(value) if 0 <= value < float("inf") else None


def _of_page(text: str, size: int) -> str:
    title = _TITLE.search(text)
    named = f" titled “{printable(title.group(1), limit=120)}”" if title else ""
    return f"a web page{named} of {size} bytes came in place of Graph's answer; a proxy or gateway may have written it"


def _of_bytes(text: str, size: int) -> str:
    if text.isprintable():
        return printable(text, limit=200)
    return f"{size} bytes came that are not JSON: {printable(text, limit=60)}"
