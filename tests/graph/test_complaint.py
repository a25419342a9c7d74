"""Error bodies of every shape become one readable sentence."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from reconciler.graph.complaint import complaint_of, read_complaint
from reconciler.graph.wording import LIMIT, printable, redacted

ACTIVITY = "5d1c7a52-9f0e-4b7e-8a39-2f6f0d3c9b11"
REQUEST = "0a7e4f3c-2b1d-4c5e-9f8a-7b6c5d4e3f2a"


def intune(message: str, *, wait: Any = None) -> str:
    """The document that Intune puts into a message."""
    return json.dumps(
        {
            "_version": 3,
            "Message": f"{message} - Operation ID (for customer support): 00000000-0000-0000-0000-000000000000"
            f" - Activity ID: {ACTIVITY} - Url: https://fef.example.invalid/x?api-version=2018-05-24",
            "CustomApiErrorPhrase": "",
            "RetryAfter": wait,
            "HttpHeaders": "{}",
        }
    )


def graph(message: str, code: str = "BadRequest") -> dict[str, Any]:
    return {"error": {"code": code, "message": message, "innerError": {"request-id": REQUEST, "date": "2026-05-01"}}}


NESTED = graph(json.dumps({"ErrorCode": "Forbidden", "Message": intune("Not for you")}), "UnknownError")


@pytest.mark.parametrize(
    ("body", "message", "codes"),
    [
        (graph("The name is taken."), "The name is taken.", ("BadRequest",)),
        (graph(intune("An error has occurred")), "An error has occurred", ("BadRequest",)),
        (NESTED, "Not for you", ("UnknownError", "Forbidden")),
        (graph(json.dumps(graph("deeper", "Inner"))), "deeper", ("BadRequest", "Inner")),
        ({"error": "invalid_grant"}, "invalid_grant", ()),
        ({"error": {"code": "X"}}, "no explanation came with it", ("X",)),
        ({"error": None}, "no explanation came with it", ()),
        ({"message": "bare"}, "bare", ()),
        ({"Message": "No HTTP resource was found"}, "No HTTP resource was found", ()),
        (graph("{not json"), "{not json", ("BadRequest",)),
        (graph("line\r\n  two"), "line two", ("BadRequest",)),
        (graph(" "), "no explanation came with it", ("BadRequest",)),
        ("text", "text", ()),
        ([], "no explanation came with it", ()),
        (None, "no explanation came with it", ()),
    ],
)
def test_what_a_json_body_says(body: Any, message: str, codes: tuple[str, ...]) -> None:
    complaint = read_complaint(json.dumps(body).encode())
    assert (complaint.message, complaint.codes) == (message, codes)


def test_the_ids_for_support_are_kept() -> None:
    complaint = complaint_of(NESTED)
    assert (complaint.activity_id, complaint.request_id, complaint.forbidden) == (ACTIVITY, REQUEST, True)


@pytest.mark.parametrize(
    ("wait", "seconds"),
    [(None, None), (12, 12.0), ("2.5", 2.5), ("soon", None), (-1, None), (True, None), ("inf", None)],
)
def test_a_wait_inside_the_message(wait: Any, seconds: float | None) -> None:
    assert complaint_of(graph(intune("Too many", wait=wait))).retry_after == seconds


@pytest.mark.parametrize(
    ("body", "part"),
    [
        (b"", "no explanation"),
        (b"  \r\n", "no explanation"),
        (b"<html><head><title>502 Bad\nGateway</title>", "titled “502 Bad Gateway”"),
        (b"\xef\xbb\xbf<!DOCTYPE html><p>", "a web page of"),
        (b"Service Unavailable", "Service Unavailable"),
        (b"\x00\x01\x02\xff" * 50, "200 bytes came that are not JSON"),
        (b"<" + b"x" * (1 << 20), "1048577 bytes"),
        (b"x" * (1 << 20), "xxx"),
        (b"[" * 100_000, "[[["),
        (b'{"error": {"message": "' + b"y" * (1 << 20), "yyy"),
    ],
    ids=range(10),
)
def test_invariant_47_any_other_body_gives_one_bounded_sentence(body: bytes, part: str) -> None:
    message = read_complaint(body).message
    assert part in message
    assert len(message) <= LIMIT
    assert message.isprintable()


@settings(deadline=None, max_examples=35)
@given(st.one_of(st.binary(max_size=200), st.text(max_size=200).map(lambda text: json.dumps(graph(text)).encode())))
def test_no_body_breaks_it_and_no_message_harms_a_terminal(body: bytes) -> None:
    message = read_complaint(body).message
    assert message
    assert message.isprintable()
    assert len(message) <= LIMIT


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("a\x1b[31mb", "a\\u{1b}[31mb"),
        ("a\u202eb\u200bc", "a\\u{202e}b\\u{200b}c"),
        ("a\x9bb\ud800", "a\\u{9b}b\\u{d800}"),
        ("::add-mask::x\n::stop", "::add-mask::x ::stop"),
        ("  many \t words\r\n", "many words"),
    ],
)
def test_printable(text: str, shown: str) -> None:
    assert printable(text) == shown


def test_printable_is_bounded_and_says_so() -> None:
    assert printable("x" * 1000, limit=10) == "xxxxxxxxx…"
    assert printable("\x1b" * 10, limit=10) == "\\u{1b}\\u{…"


@pytest.mark.parametrize(
    "text",
    [
        "Authorization: Bearer abcdefgh12345678",
        "authorization: bearer abcdefgh12345678, x",
        "eyJhbGciOiJub25lIn0.eyJ0aWQiOiJ4In0.c2ln1234",
        "token=the-very-secret",
    ],
)
def test_tokens_are_redacted(text: str) -> None:
    shown = redacted(text, ["the-very-secret"])
    assert "abcdefgh12345678" not in shown
    assert "eyJ0aWQi" not in shown
    assert "the-very-secret" not in shown
