"""A plan as text: what stands beside what, what is folded and what never is, and that nothing is lost or told twice."""

from __future__ import annotations

import copy
import re
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from reconciler.render import text
from reconciler.render.text import Style

from . import documents

PLAIN = Style()
ADDRESSES = (
    *(str(change.address) for change in documents.ALL_CHANGES),
    str(documents.REFUSED.address),
    "Audience/x",
    None,
)


def _with_findings(*found: dict[str, Any]) -> dict[str, Any]:
    whole = documents.made_plan(*documents.ALL_CHANGES, documents.REFUSED).to_json()
    return {**whole, "diagnostics": [*found]}


def _finding(number: int, address: str | None, severity: str = "warning") -> dict[str, Any]:
    return {**documents.NOTE.to_json(), "severity": severity, "address": address, "message": f"message-{number}."}


def _part_of(page: str, address: str) -> str:
    """The lines of one change or refused address."""
    return next(part for part in re.split(r"\n\n|\n(?=  ! )", page) if f" {address} " in part.partition("\n")[0])


@settings(deadline=None, max_examples=40)
@given(st.lists(st.sampled_from(ADDRESSES), max_size=8), st.booleans())
def test_each_finding_stands_once_and_beside_its_change(addresses: list[str | None], full: bool) -> None:
    page = text.plan(_with_findings(*(_finding(n, a) for n, a in enumerate(addresses))), style=PLAIN, full=full)
    for number, address in enumerate(addresses):
        assert page.count(f"message-{number}.") == 1
        if address in ADDRESSES[:7] or address == str(documents.REFUSED.address):
            assert f"message-{number}." in _part_of(page, str(address))


def test_a_finding_beside_its_change_does_not_name_it_again() -> None:
    page = text.plan(_with_findings({**documents.PADDED.to_json(), "address": ADDRESSES[0]}), style=PLAIN)
    assert "= in /spec/additionalConfiguration/0/value" in _part_of(page, str(ADDRESSES[0]))


def test_findings_about_no_change_are_folded_but_for_errors() -> None:
    found = [*(_finding(n, None) for n in range(80)), *(_finding(n, None, "error") for n in range(80, 90))]
    page = text.plan(_with_findings(*found), style=PLAIN)
    assert page.count("message-") == 60
    assert "and 30 more findings (--full shows them)" in page
    assert text.plan(_with_findings(*found), style=PLAIN, full=True).count("message-") == 90


def _many(count: int) -> dict[str, Any]:
    whole = documents.everything()
    made = [{**copy.copy(whole["changes"][i % 7]), "address": f"JitSsoPolicy/n{i}-"} for i in range(count)]
    return {**whole, "changes": made}


def test_of_very_many_changes_most_are_short_and_none_is_lost() -> None:
    page = text.plan(_many(4200), style=PLAIN)
    whole = re.findall(r"^  \S+ JitSsoPolicy/n(\d+)-.* will be", page, re.MULTILINE)
    short = re.findall(r"^  \S+ JitSsoPolicy/n(\d+)-.*: \d+ fields?$", page, re.MULTILINE)
    counted = re.search(r"and (\d+) to create, (\d+) to update more \(--full lists them\)", page)
    assert counted
    assert len(short) == 1000
    assert len({*whole, *short}) + int(counted[1]) + int(counted[2]) == 4200
    assert {*map(str, range(100))} <= {*whole}


def test_what_takes_away_or_is_found_fault_with_is_never_short() -> None:
    document = _many(700)
    document["diagnostics"] = [_finding(0, "JitSsoPolicy/n350-")]
    page = text.plan(document, style=PLAIN)
    for change in document["changes"]:
        if change["action"] in ("delete", "replace") or change.get("adopts") or change.get("ladder"):
            assert f" {change['address']} " in page
            assert re.search(rf" {change['address']}.*will be", page)
    assert "message-0." in _part_of(page, "JitSsoPolicy/n350-")


def test_full_unfolds_everything() -> None:
    page = text.plan(_many(300), style=PLAIN, full=True)
    assert len(re.findall(r"^  \S+ JitSsoPolicy/n\d+-.* will be", page, re.MULTILINE)) == 300
    assert "--full" not in page


LONG = {"list": [f"com.example.n{n}." for n in range(60)], "text": "\n".join(f"line n{n}." for n in range(60))}


@pytest.mark.parametrize("value", LONG.values(), ids=LONG.keys())
def test_a_long_value_is_folded(value: Any) -> None:
    change = {**documents.everything()["changes"][0], "fields": [{"path": "/x", "before": None, "after": value}]}
    page, full = (text.plan({"changes": [change]}, style=PLAIN, full=full) for full in (False, True))
    assert all(f"n{n}." in full for n in range(60))
    if isinstance(value, list):
        assert page.count("com.example") == 24
        assert "(36 more lines, --full shows them)" in page


def test_of_a_long_text_what_changes_is_shown() -> None:
    before = LONG["text"]
    field = {"path": "/x", "before": before, "after": str(before).replace("n30.", "n30 now.")}
    change = {**documents.everything()["changes"][1], "fields": [field]}
    page = text.plan({"changes": [change]}, style=PLAIN)
    assert re.findall(r"line n(\d+)", page) == ["28", "29", "30", "30", "31", "32"]
    assert "(28 unchanged)" in page
    assert "(27 unchanged)" in page
    assert text.plan({"changes": [change]}, style=PLAIN, full=True).count("line n") == 61


@pytest.mark.parametrize("width", [60, 80, 100, 140])
def test_prose_keeps_to_the_width(width: int) -> None:
    """Values and places stay whole, so that they can be copied."""
    found = _finding(0, str(ADDRESSES[0])), _finding(1, None)
    for finding in found:
        finding["message"] = "what is wrong here is told in rather many words, " * 4
        finding["detail"] = "and so is what can be done about it, " * 6
    page = text.plan(_with_findings(*found), style=Style(width=width))
    told = [line for line in page.splitlines() if "words" in line or "done about" in line or "because" in line]
    assert len(told) > 8
    assert max(map(len, told)) <= width


def test_errors_beside_a_refused_change_are_told_to_block_too() -> None:
    """Whoever leaves the refused change out is not told of them only then."""
    beside = {"severity": "error", "rule": "LIMIT101", "message": "m", "address": None}
    at_it = {**beside, "address": str(documents.REFUSED.address), "rule": "NAME101"}
    document: Any = documents.made_plan(documents.REFUSED).to_json()
    told = text.plan({**document, "diagnostics": [at_it]}, style=PLAIN)
    assert ("REFUSED: 1 change" in told, "BLOCKED" in told) == (True, False)
    told = text.plan({**document, "diagnostics": [at_it, beside]}, style=PLAIN)
    assert "BLOCKED: apply also refuses this plan because of 1 error (LIMIT101)." in told


def test_very_many_findings_about_one_change_are_counted_but_for_errors() -> None:
    finding = {"severity": "warning", "rule": "W1", "message": "m", "address": str(documents.NEW_POLICY.address)}
    error = {**finding, "severity": "error", "rule": "E1"}
    document: Any = {**documents.made_plan(documents.NEW_POLICY).to_json(), "diagnostics": [*[finding] * 500, error]}
    told = text.plan(document, style=PLAIN)
    assert (told.count("[W1]"), told.count("error[E1]")) == (20, 1)
    assert "      and 480 more findings (--full shows them)\n" in told
    assert text.plan(document, style=PLAIN, full=True).count("[W1]") == 500
