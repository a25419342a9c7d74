"""What `doctor` found, as pages: the same facts in text and Markdown, and nobody is deceived by a name."""

from __future__ import annotations

import re
from datetime import UTC, date, datetime
from typing import Any

import pytest

from reconciler.doctor import document, failures
from reconciler.doctor.counts import count
from reconciler.doctor.model import Answer, Check, Finding, Problem, State, Verdict
from reconciler.render import doctor
from reconciler.render.doctor_markdown import markdown
from reconciler.render.style import Style
from tests.doctor.test_links import known

from .hostile import PAYLOADS, complaints, without_color
from .test_hostile import replaced

NOW = datetime(2026, 11, 22, 9, 0, tzinfo=UTC)
TENANT: dict[str, Any] = {"name": "sandbox", "tenantId": "c0ffee00-1a2b-4c3d-8e4f-5a6b7c8d9e0f", "graphUrl": "emulator"}
STRUCTURE = frozenset({"state", "id", "firstBroken", "firstUnread", "unreadBefore", "link", "title"})


def of_tenant() -> dict[str, Any]:
    """A document with a check of every state, and numbers that are known, known in part, and not known."""
    found = [
        Finding(
            Check(
                f"JIT60{number}", f"check {state}", (), lambda _: Verdict(State.OK, ""), "https://learn.microsoft.com/x"
            ),
            Verdict(state, f"found {state}", "it means this", "do that", ("Some.Read.All",)),
        )
        for number, state in enumerate(State)
    ]
    devices = Answer(problem=Problem("managedDevices was refused"))
    counts = count(devices, date(2026, 11, 1), policies=[], applied={}, apps={}, copies=frozenset())
    return document.of_tenant(found, counts, tenant=TENANT, now=NOW)


def of_person(**read: Any) -> dict[str, Any]:
    """The document of somebody with whom all is right but for what is given."""
    upn = "anna@contoso.example"
    return document.of_person(known({"read": read}), upn, tenant=TENANT, now=NOW)


FAILED = {"userId": "u1", "eventDateTime": "2026-11-20T08:00:00Z", "failureCategory": "userValidation"}
CASES: dict[str, Any] = {
    "tenant": of_tenant,
    "person": of_person,
    "person without the policy": lambda: of_person(deviceFeatures=[], enrollmentFailures=[FAILED]),
    "person of whom little is known": lambda: of_person(
        memberships={"problem": "refused"}, enrollmentFailures={"problem": "refused"}
    ),
    "nobody": lambda: of_person(user=None),
}


def pages(document_: dict[str, Any]) -> list[str]:
    return [doctor.text(document_, style=Style()), markdown(document_)]


@pytest.mark.parametrize("case", CASES)
@pytest.mark.parametrize("payload", PAYLOADS.values(), ids=PAYLOADS.keys())
def test_hostile_values_in_every_place(case: str, payload: str) -> None:
    for keep in (STRUCTURE, frozenset[str]()):
        for page in pages(replaced(CASES[case](), payload, keep=keep)):
            assert complaints(page) == []


@pytest.mark.parametrize(
    "name", ["| a | b |", "<img src=x>", "[x](https://evil.example)", "www.evil.example", "a\n# b"]
)
def test_no_name_is_markup(name: str) -> None:
    made = of_person(deviceFeatures=[], ownDevices=[{"id": "d1", "deviceName": name, "operatingSystem": "iOS"}])
    page = markdown(made)
    plain = markdown(
        of_person(deviceFeatures=[], ownDevices=[{"id": "d1", "deviceName": "x", "operatingSystem": "iOS"}])
    )
    assert [len(re.findall(r"(?<!\\)\|", line)) for line in page.splitlines()] == [
        len(re.findall(r"(?<!\\)\|", line)) for line in plain.splitlines()
    ]
    assert not re.search(r"(?<!\\)<img|(?<!\\)\[x|www\.evil", page)


@pytest.mark.parametrize("case", CASES)
def test_colour_only_repeats_what_the_words_say(case: str) -> None:
    made = CASES[case]()
    plain, coloured = doctor.text(made, style=Style()), doctor.text(made, style=Style(color=True))
    assert without_color(coloured) == without_color(plain)
    assert coloured != plain


def test_what_is_wrong_comes_first_and_the_last_line_counts() -> None:
    page = doctor.text(of_tenant(), style=Style())
    order = [page.index(word) for word in ("failing[", "warning[", "not known[", "\nok ", "\ndoes not apply ")]
    assert order == sorted(order)
    assert page.startswith("Tenant sandbox (embedded Graph)")
    assert page.endswith("1 failing, 1 warning, 1 not known, 1 ok, 1 does not apply\n")
    assert "?  enrolled (not known: managedDevices was refused)" in page


def test_the_accused_link_is_told_with_those_before_it_that_are_not_known() -> None:
    made = of_person(memberships={"problem": "refused"}, deviceFeatures=[])
    for page in pages(made):
        assert "First broken link: SSO policy for the person" in page
        assert "not known, and earlier in the chain" in page.lower()


def test_every_code_of_a_failure_is_one_that_the_documentation_names() -> None:
    assert all(code == "".join(c for c in code if c.isalnum()).lower() for code in failures.CODES)
