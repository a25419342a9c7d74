"""Multi Admin Approval at the border: what goes out, which answers ask for a second administrator, and which do not."""

from __future__ import annotations

import base64
import json
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from reconciler.emulator import Emulator, Knobs
from reconciler.graph.approval import CODE, JUSTIFICATION, LONGEST, approval_headers
from reconciler.graph.connect import Endpoint, connect
from reconciler.graph.errors import ApprovalRequired, Conflict, Forbidden, GraphError, OutcomeUnknown, Refused

from .harness import CANARY, Clock, graph_at, run, token_auth
from .scripted import Says, Server

PATH = "/beta/deviceAppManagement/mobileApps"
KEY = "3b0c1d52-7f1e-4c55-9a38-5e0b6a1f2d47"
UNJUSTIFIED = f"Header '{JUSTIFICATION}' is required to request approval"
WAITS = f"Approval Required. Request Approval using the request ID returned as part of the {CODE} response header."


def sent(server: Server, method: str = "POST", **options: Any) -> Any:
    """The answer to one write, or the error that it ends with."""

    async def asking() -> Any:
        async with graph_at(server) as graph:
            try:
                if method == "GET":
                    return await graph.get(PATH)
                return await graph.send(method, PATH, {"a": 1}, **options)
            except GraphError as error:
                return error

    with server:
        return run(asking())


def says(status: int, message: str, code: str = "BadRequest", *, nested: bool = True, **headers: str) -> Says:
    told = (
        json.dumps({"_version": 3, "Message": f"{message} - Operation ID: 0 - Activity ID: 1"}) if nested else message
    )
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return Says(status, {"error": {"code": code, "message": told}}, named)


ASKS = {
    "412 with the code in the header": (says(412, WAITS, x_msft_approval_code=KEY), KEY, False),
    "412, capitals": (says(412, WAITS, X_Msft_Approval_Code=KEY.upper()), KEY.upper(), False),
    "412, any text": (says(412, "Vorbedingung", x_msft_approval_code=KEY), KEY, False),
    "412, no body": (Says(412, None, {CODE: KEY}), KEY, False),
    "412, the header was lost": (says(412, f"{WAITS} {CODE}: {KEY}"), KEY, False),
    "403 as documented in May 2026": (
        says(403, f"{WAITS} {CODE}: {KEY}", "ApprovalRequired", nested=False, x_msft_approval_code=KEY), KEY, False,
    ),
    "403, the code of the error alone": (says(403, "no", "ApprovalRequired"), None, False),
    "400 with the header": (says(400, WAITS, x_msft_approval_code=KEY), KEY, False),
    "202 that looks like success": (Says(202, {"id": KEY}, {CODE: KEY}), KEY, False),
    "202 with a page": (Says(202, b"<html>", {CODE: KEY}, kind="text/html"), KEY, False),
    "409 while another one is open": (says(409, "An active Approval Request already exists for it"), None, False),
    "400 without a justification": (says(400, UNJUSTIFIED), None, True),
    "403 without a justification": (says(403, UNJUSTIFIED, "Forbidden", nested=False), None, True),
}  # fmt: skip


@pytest.mark.parametrize("name", ASKS)
@pytest.mark.parametrize("method", ["POST", "PATCH", "DELETE"])
def test_an_answer_that_asks_for_approval_is_an_error_of_its_own(name: str, method: str) -> None:
    answer, key, unjustified = ASKS[name]
    server = Server(answer)
    error = sent(server, method, create=method == "POST")
    assert type(error) is ApprovalRequired
    assert (error.approval_id, error.missing_justification, error.status) == (key, unjustified, answer.status)
    assert error.exchange is not None
    assert error.exchange.status == answer.status
    assert error.hint
    assert len(server.seen) == 1, "never sent again"


OTHERS: dict[str, tuple[Says, type[GraphError] | None]] = {
    "plain 412": (says(412, "If-Match is not met."), Conflict),
    "plain 409": (says(409, "in use"), Conflict),
    "plain 403": (says(403, "no", "Forbidden"), Forbidden),
    "a justification that is too long": (says(400, f"Decoded content of '{JUSTIFICATION}' must be smaller"), Refused),
    "a header that is no id": (says(412, "x", x_msft_approval_code="soon"), Conflict),
    "an error of the service": (says(500, WAITS, x_msft_approval_code=KEY), OutcomeUnknown),
    "success that names the request": (Says(200, {"id": "x"}, {CODE: KEY}), None),
    "accepted": (Says(202, {"id": "x"}), None),
}


@pytest.mark.parametrize("name", OTHERS)
def test_other_answers_are_what_they_are(name: str) -> None:
    answer, kind = OTHERS[name]
    outcome = sent(Server(answer), approval=KEY)
    assert type(outcome) is kind if kind else outcome.status == answer.status


def test_a_read_never_asks_for_approval() -> None:
    assert type(sent(Server(says(412, WAITS, x_msft_approval_code=KEY)), "GET")) is Conflict


def headers(**options: Any) -> dict[str, str]:
    server = Server(Says(201, {"id": "x"}))
    sent(server, **options)
    return {name: value for name, value in server.seen[0].headers.items() if name.startswith("x-msft")}


def test_a_justification_goes_out_as_base64() -> None:
    (value,) = headers(justification="Größe: CHG-1").values()
    assert base64.b64decode(value).decode() == "Größe: CHG-1"


def test_an_approval_goes_alone() -> None:
    assert headers(justification="why", approval=KEY) == {CODE: KEY}
    assert headers() == {}


@pytest.mark.parametrize("options", [
    {"justification": ""}, {"justification": "  \n"}, {"justification": "x" * (LONGEST + 1)}, {"approval": "x"},
    {"approval": f"{KEY}\r\nX: y"},
])  # fmt: skip
def test_what_is_no_justification_and_no_approval_is_never_sent(options: dict[str, str]) -> None:
    with pytest.raises(ValueError):
        approval_headers(**{"justification": None, "approval": None, **options})


@given(st.text(min_size=1, max_size=LONGEST).filter(str.strip))
@settings(deadline=None, max_examples=50)
def test_any_text_makes_a_header_of_ascii(text: str) -> None:
    try:
        text.encode()
    except UnicodeEncodeError:
        return
    ((name, value),) = approval_headers(justification=text, approval=None)
    assert (name, base64.b64decode(value).decode(), value.isascii()) == (JUSTIFICATION, text, True)


@pytest.mark.parametrize("status", [412, 403, 202])
def test_the_whole_way_with_the_embedded_graph(status: int) -> None:
    app = {"@odata.type": "#microsoft.graph.iosiPadOSWebClip", "displayName": "Portal", "publisher": "x",
           "appUrl": "https://portal.example/", "useManagedBrowser": False}  # fmt: skip
    knobs = Knobs(multi_admin_approval="apps", approval_answer=status)  # type: ignore[arg-type]
    clock = Clock()

    async def asking(emulator: Emulator) -> Any:
        auth = token_auth(CANARY)
        async with await connect(Endpoint(emulator.url, "global", None), auth, clock=clock, sleep=clock.sleep) as graph:
            with pytest.raises(ApprovalRequired) as first:
                await graph.send("POST", PATH, app, create=True)
            with pytest.raises(ApprovalRequired) as second:
                await graph.send("POST", PATH, app, create=True, justification="CHG-1")
            key = second.value.approval_id
            assert key is not None
            emulator.approve(key)
            done = await graph.send("POST", PATH, app, create=True, approval=key)
            return first.value, done, await graph.list(PATH)

    with Emulator(knobs=knobs) as emulator:
        first, done, apps = run(asking(emulator))
    assert first.missing_justification
    assert (done.status, len(apps)) == (201, 1)
