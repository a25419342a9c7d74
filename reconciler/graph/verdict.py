"""What an outcome means for the request that had it: done, to be repeated, or an error. Pure.

Used by `sender` and `batch`.

| outcome                        | read      | write     | create    |
|--------------------------------|-----------|-----------|-----------|
| 2xx, readable                  | done      | done      | done      |
| no connection                  | back off *| back off *| back off *|
| 429, 509                       | pause     | pause     | pause     |
| 503                            | pause *   | pause *   | unknown   |
| 408, 500, 502, 504             | back off *| unknown   | unknown   |
| reset, time-out, unreadable    | back off *| unknown   | unknown   |
| 401                            | new token | new token | new token |
| other 4xx                      | refused   | refused   | refused   |
| 1xx, 3xx, other 5xx            | unknown   | unknown   | unknown   |

(*) At most `ATTEMPTS` times; throttling is bounded by the budget alone. A pause holds every task back, a back-off only
the one.

A gateway may answer 503 or 504 after the service behind it has carried out what was asked: a create that is sent again
then makes a second object. So nothing is sent again after an unknown outcome; the engine looks first.
"""

from __future__ import annotations

import re
from enum import Enum, auto
from typing import Final

from .complaint import Complaint, read_complaint
from .errors import (
    Conflict,
    Forbidden,
    GraphError,
    Interrupted,
    NotFound,
    NotSent,
    OutcomeUnknown,
    Refused,
    Throttled,
    Unauthorized,
)
from .exchange import Broken, Exchange, Outcome, Repeat, Reply, Request, Unsent

ATTEMPTS: Final = 5
"""Attempts at a request whose failure is not throttling."""

_SCOPE = re.compile(
    r"\b[A-Z][A-Za-z]+\.(?:Read|ReadWrite|ReadBasic|Manage|PrivilegedOperations)[A-Za-z]*(?:\.[A-Z][A-Za-z]+)*"
)


class Move(Enum):
    """What to do next."""

    DONE = auto()
    PAUSE = auto()
    PAUSE_BOUNDED = auto()
    BACK_OFF = auto()
    NEW_TOKEN = auto()
    GIVE_UP = auto()


PAUSES: Final = frozenset({Move.PAUSE, Move.PAUSE_BOUNDED})
BOUNDED: Final = frozenset({Move.PAUSE_BOUNDED, Move.BACK_OFF})


def next_move(repeat: Repeat, outcome: Outcome) -> Move:
    """What the table above says. How often is the caller's to count."""
    if isinstance(outcome, Unsent):
        return Move.BACK_OFF
    if isinstance(outcome, Broken):
        return Move.BACK_OFF if repeat is Repeat.READ else Move.GIVE_UP
    return next_move_after(repeat, outcome.status)


def next_move_after(repeat: Repeat, status: int) -> Move:
    """The same for an answer that arrived."""
    if 200 <= status < 300:
        return Move.DONE
    if status in {429, 509}:
        return Move.PAUSE
    if status == 503 and repeat is not Repeat.CREATE:
        return Move.PAUSE_BOUNDED
    if status == 401:
        return Move.NEW_TOKEN
    if status in {408, 500, 502, 504} and repeat is Repeat.READ:
        return Move.BACK_OFF
    return Move.GIVE_UP


def failure(request: Request, outcome: Outcome, exchange: Exchange, *, waited_out: float | None = None) -> GraphError:
    """The error that ends a request. `waited_out` is the wait, in seconds, that was too long for the run."""
    what = f"{request.method} {request.path.partition('?')[0]}"
    if isinstance(outcome, Unsent):
        return NotSent(
            f"{what} was not sent: {outcome.reason}",
            exchange=exchange,
            hint="Check the network, the proxy variables (HTTPS_PROXY, NO_PROXY) and SSL_CERT_FILE.",
        )
    if isinstance(outcome, Broken):
        return _unknown(what, request.repeat, outcome.reason, exchange)
    complaint = read_complaint(outcome.body)
    return answer_error(what, request.repeat, outcome.status, complaint, exchange, waited_out=waited_out)


def answer_error(
    what: str,
    repeat: Repeat,
    status: int,
    complaint: Complaint,
    exchange: Exchange | None,
    *,
    waited_out: float | None = None,
) -> GraphError:
    """The error for an answer with an error status; `what` names the request."""
    told = (
        f"{status}{f' {complaint.code}' if complaint.code else ''}: {complaint.message}{_traces(complaint, exchange)}"
    )
    if status in {429, 509}:
        return _throttled(what, status, told, complaint.code, exchange, waited_out or 0.0)
    if status == 408 or not 400 <= status < 500:
        redirect = "a redirect, which is never followed: " if 300 <= status < 400 else ""
        return _unknown(what, repeat, redirect + told, exchange)
    message = f"{what} was refused with {told}"
    if status == 403 or (status == 401 and complaint.forbidden):
        return _forbidden(message, status, complaint, exchange)
    return _REFUSALS.get(status, Refused)(
        message, status=status, code=complaint.code, exchange=exchange, hint=_HINTS.get(status)
    )


_REFUSALS: dict[int, type[Refused]] = {401: Unauthorized, 404: NotFound, 409: Conflict, 412: Conflict, 423: Conflict}
_HINTS = {401: "Sign in again: the token is not accepted for Microsoft Graph, or has expired."}


def _unknown(what: str, repeat: Repeat, why: str, exchange: Exchange | None) -> OutcomeUnknown:
    meaning = "could not be read" if repeat is Repeat.READ else "may or may not have been carried out"
    return OutcomeUnknown(f"{what} {meaning}: {why}", exchange=exchange)


def held_back(request: Request, wait: float) -> Throttled:
    """The error for a request that is not sent, because the service wants none for so many seconds."""
    return Throttled(
        f"{request.method} {request.path.partition('?')[0]} was not sent: the service wants a longer pause than a run "
        f"allows itself; resume after {wait:.0f} seconds",
        status=429,
        code=None,
        resume_after=wait,
        hint=f"Run again after {wait:.0f} seconds.",
    )


def interrupted(request: Request, last: tuple[Outcome, Exchange] | None) -> Interrupted:
    """The error for a request that is not sent, or not again after its `last` attempt, because the run is to end."""
    what = f"{request.method} {request.path.partition('?')[0]}"
    if last is None or not isinstance(last[0], Reply):
        return Interrupted(f"interrupted before {what} was sent")
    return Interrupted(f"interrupted before {what} was sent again, after {last[0].status}", exchange=last[1])


def unless_carried_out(error: GraphError, request: Request, last: tuple[Outcome, Exchange] | None) -> GraphError:
    """`error`, by which a request was not carried out; but that of its `last` attempt where that may have been."""
    if last is None or request.repeat is Repeat.READ:
        return error
    told = failure(request, *last)
    return told if isinstance(told, OutcomeUnknown) else error


def _throttled(
    what: str, status: int, told: str, code: str | None, exchange: Exchange | None, wait: float
) -> Throttled:
    return Throttled(
        f"{what} was throttled with {told}; resume after {wait:.0f} seconds",
        status=status,
        code=code,
        resume_after=wait,
        exchange=exchange,
        hint=f"Run again after {wait:.0f} seconds: the service asks for a longer wait than a run allows itself.",
    )


def _forbidden(message: str, status: int, complaint: Complaint, exchange: Exchange | None) -> Forbidden:
    scopes = tuple(dict.fromkeys(_SCOPE.findall(complaint.message)))
    hint = f"Grant the application one of {', '.join(scopes)}, with admin consent." if scopes else None
    return Forbidden(message, status=status, code=complaint.code, scopes=scopes, exchange=exchange, hint=hint)


def _traces(complaint: Complaint, exchange: Exchange | None) -> str:
    """The ids that Microsoft support asks for."""
    request_id = complaint.request_id or (exchange.request_id if exchange else None)
    known = {"request-id": request_id, "activity": complaint.activity_id}
    told = ", ".join(f"{name} {value}" for name, value in known.items() if value)
    return f" ({told})" if told else ""
