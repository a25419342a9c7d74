"""What each outcome means for each kind of request: the whole table, as data."""

from __future__ import annotations

import pytest

from reconciler.graph.complaint import Complaint
from reconciler.graph.errors import (
    Conflict,
    Forbidden,
    GraphError,
    NotFound,
    NotSent,
    OutcomeUnknown,
    Refused,
    Throttled,
    Unauthorized,
)
from reconciler.graph.exchange import Broken, Exchange, Outcome, Repeat, Reply, Request, Unsent
from reconciler.graph.verdict import Move, answer_error, failure, next_move

DONE, PAUSE, PAUSE_BOUNDED, BACK_OFF, NEW_TOKEN, GIVE_UP = Move

TABLE: dict[object, tuple[Move, Move, Move]] = {
    200: (DONE, DONE, DONE),
    201: (DONE, DONE, DONE),
    204: (DONE, DONE, DONE),
    301: (GIVE_UP, GIVE_UP, GIVE_UP),
    400: (GIVE_UP, GIVE_UP, GIVE_UP),
    401: (NEW_TOKEN, NEW_TOKEN, NEW_TOKEN),
    403: (GIVE_UP, GIVE_UP, GIVE_UP),
    404: (GIVE_UP, GIVE_UP, GIVE_UP),
    408: (BACK_OFF, GIVE_UP, GIVE_UP),
    409: (GIVE_UP, GIVE_UP, GIVE_UP),
    429: (PAUSE, PAUSE, PAUSE),
    500: (BACK_OFF, GIVE_UP, GIVE_UP),
    501: (GIVE_UP, GIVE_UP, GIVE_UP),
    502: (BACK_OFF, GIVE_UP, GIVE_UP),
    503: (PAUSE_BOUNDED, PAUSE_BOUNDED, GIVE_UP),
    504: (BACK_OFF, GIVE_UP, GIVE_UP),
    509: (PAUSE, PAUSE, PAUSE),
    Unsent("refused"): (BACK_OFF, BACK_OFF, BACK_OFF),
    Broken("reset"): (BACK_OFF, GIVE_UP, GIVE_UP),
}


@pytest.mark.parametrize(("outcome", "moves"), TABLE.items(), ids=str)
def test_next_move(outcome: int | Outcome, moves: tuple[Move, Move, Move]) -> None:
    came = Reply(outcome, {}, b"") if isinstance(outcome, int) else outcome
    assert tuple(next_move(repeat, came) for repeat in Repeat) == moves


@pytest.mark.parametrize(
    ("repeat", "allowed"), [(Repeat.WRITE, {401, 429, 503, 509}), (Repeat.CREATE, {401, 429, 509})], ids=str
)
def test_a_write_is_repeated_only_where_it_was_surely_not_carried_out(repeat: Repeat, allowed: set[int]) -> None:
    moves = {status: next_move(repeat, Reply(status, {}, b"")) for status in range(100, 600)}
    assert {status for status, move in moves.items() if move not in {DONE, GIVE_UP}} == allowed


ERRORS: dict[object, type[GraphError]] = {
    301: OutcomeUnknown,
    400: Refused,
    401: Unauthorized,
    403: Forbidden,
    404: NotFound,
    405: Refused,
    408: OutcomeUnknown,
    409: Conflict,
    412: Conflict,
    413: Refused,
    415: Refused,
    423: Conflict,
    429: Throttled,
    500: OutcomeUnknown,
    502: OutcomeUnknown,
    503: OutcomeUnknown,
    504: OutcomeUnknown,
    509: Throttled,
    Unsent("no route"): NotSent,
    Broken("reset"): OutcomeUnknown,
}


@pytest.mark.parametrize(("outcome", "kind"), ERRORS.items(), ids=str)
@pytest.mark.parametrize("repeat", Repeat)
def test_class_of_error(outcome: int | Outcome, kind: type[GraphError], repeat: Repeat) -> None:
    exchange = Exchange("POST", "/beta/things?x", None, "ours", "theirs", 2)
    came = Reply(outcome, {}, b"") if isinstance(outcome, int) else outcome
    error = failure(Request("POST", "/beta/things?x", repeat), came, exchange, waited_out=7.0)
    assert type(error) is kind
    assert error.exchange is exchange
    assert error.message.startswith("POST /beta/things ")
    if isinstance(error, Refused):
        assert error.status == outcome
    if isinstance(error, Throttled):
        assert error.resume_after == 7.0


def test_a_401_that_says_forbidden_is_about_permissions() -> None:
    complaint = Complaint("no", ("UnknownError", "Forbidden"))
    assert type(answer_error("GET /x", Repeat.READ, 401, complaint, None)) is Forbidden


@pytest.mark.parametrize(
    ("message", "scopes"),
    [
        (
            "Application must have one of the following scopes: DeviceManagementConfiguration.Read.All, "
            "DeviceManagementConfiguration.ReadWrite.All",
            ("DeviceManagementConfiguration.Read.All", "DeviceManagementConfiguration.ReadWrite.All"),
        ),
        ("Needs User.ReadBasic.All or User.Read. See Microsoft.Graph", ("User.ReadBasic.All", "User.Read")),
        ("Insufficient privileges to complete the operation.", ()),
    ],
)
def test_a_forbidden_names_the_scopes(message: str, scopes: tuple[str, ...]) -> None:
    error = answer_error("GET /x", Repeat.READ, 403, Complaint(message), None)
    assert isinstance(error, Forbidden)
    assert error.scopes == scopes
    assert all(scope in (error.hint or "") for scope in scopes)
