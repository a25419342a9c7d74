"""The HTML page of a plan: whole, complete, self-contained, and the same structure whatever names hold."""

from __future__ import annotations

import base64
import hashlib
import json
import re
from collections import Counter
from functools import cache
from itertools import pairwise
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from reconciler.render import page, plan_html
from reconciler.render.elements import Html, element
from reconciler.render.members import objects
from reconciler.render.plan_page.requests import as_json
from reconciler.spec.schema import check_value
from tests.guide.test_html import MORE, Page, luminance

from . import documents, plan_documents
from .hostile import PAYLOADS, complaints
from .test_hostile import DOCUMENT, JSON, renamed, replaced
from .test_safe import ANY_TEXT

LAW = settings(deadline=None, max_examples=25)


def read(document: dict[str, Any]) -> Page:
    return Page(plan_html.plan(document))


@cache
def reviewed() -> tuple[str, Page]:
    text = plan_html.plan(plan_documents.reviewed())
    return text, Page(text)


def structure(found: Page) -> list[tuple[str, list[str]]]:
    """The elements with the names of their attributes."""
    return [(tag, sorted(attributes)) for tag, attributes in found.tags]


def snapshotted(document: dict[str, Any]) -> dict[str, Any]:
    """The same as planned from a snapshot."""
    source = {"snapshot": "sha256:0", "createdAt": "2026-03-01T10:00:00Z"}
    return {**document, "source": source, "tenant": {**document["tenant"], "graphUrl": "snapshot"}}


# Whole


def test_the_documents_of_these_tests_are_plans() -> None:
    for document in (plan_documents.reviewed(), plan_documents.many(4)):
        assert check_value("plan", document) == []


@pytest.mark.parametrize("document", [documents.everything, documents.refusing, dict], ids=["all", "refused", "no"])
def test_every_tag_is_closed(document: Any) -> None:
    found = read(document())
    assert (found.open, found.wrong) == ([], [])


def test_every_link_leads_to_one_place_on_the_page() -> None:
    found = reviewed()[1]
    ids = Counter(attributes["id"] for _, attributes in found.tags if "id" in attributes)
    assert max(ids.values()) == 1
    targets = [str(attributes["href"]) for attributes in found.all("a")]
    assert len(targets) > 12
    assert {target for target in targets if target[:1] != "#" or target[1:] not in ids} == set()
    assert {attributes["aria-labelledby"] for attributes in found.all("section")} <= ids.keys()


def test_headings_go_down_by_one() -> None:
    levels = [int(tag[1]) for tag, _ in reviewed()[1].tags if re.fullmatch("h[1-6]", tag)]
    assert levels[0] == 1
    assert levels.count(1) == 1
    assert all(after <= before + 1 for before, after in pairwise(levels))


def test_every_cell_of_a_heading_says_of_what_it_is_one() -> None:
    assert {attributes.get("scope") for attributes in reviewed()[1].all("th")} == {"col", "row"}


def test_nothing_is_loaded_and_only_what_is_in_the_page_runs() -> None:
    text, found = reviewed()
    used = {name for _, attributes in found.tags for name in attributes}
    assert not {name for name in used if name.startswith("on") or name in ("src", "style", "srcset", "action")}
    assert not {word for word in ("url(", "@import", "http://", "https://") if word in page.asset("page.css")}
    policy = next(m["content"] for m in found.all("meta") if m.get("http-equiv") == "Content-Security-Policy")
    style, script = (_digest(text.split(f"<{tag}>")[1].split(f"</{tag}>")[0]) for tag in ("style", "script"))
    allowed = f"style-src 'sha256-{style}'; script-src 'sha256-{script}'"
    assert policy == f"default-src 'none'; {allowed}; base-uri 'none'; form-action 'none'"


def _digest(text: str) -> str:
    return base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()


# Complete


def test_every_change_is_there_with_its_action_and_kind() -> None:
    document = plan_documents.reviewed()
    shown = [attributes for _, attributes in reviewed()[1].tags if "data-item" in attributes]
    assert [each["id"] for each in shown] == [change["address"] for change in document["changes"]]
    assert [each["data-kind"] for each in shown] == [change["kind"] for change in document["changes"]]
    assert [each["data-action"] for each in shown] == [
        "create", "update", "update", "update", "update", "replace", "delete", "no-op", "refused", "unselected",
    ]  # fmt: skip


def test_every_finding_is_told_once_at_its_change_or_in_a_section_of_its_own() -> None:
    document, words = plan_documents.reviewed(), "\n".join(reviewed()[1].words)
    errors = {each["message"] for each in document["diagnostics"] if each["severity"] == "error"}
    assert len(errors) == 2
    for finding in document["diagnostics"]:
        told = words.count(finding["message"]) - (finding["message"] in errors)  # the top of the page names errors
        waived = sum(entry.get("message") == finding["message"] for entry in document["waived"])
        assert told - waived == 1, finding["message"]
    at_change = reviewed()[0].split('id="EnrollmentProfile/byod-web"')[1].split('id="EnrollmentPriority/ios"')[0]
    assert plan_documents.BLOCKING.message in at_change
    assert "specs/営業.yaml:7:10" in reviewed()[0].split('id="findings"')[1].split("</section>")[0]


def test_every_request_is_there_with_its_body_as_json() -> None:
    text = plan_html.plan(document := plan_documents.many(6))
    shown = [Page(f"<pre>{body}</pre>").words for body in re.findall("<pre>(.*?)</pre>", text, re.DOTALL)]
    sent = [each for change in document["changes"] for each in objects(change, "operations")]
    assert [json.loads("".join(words)) for words in shown] == [each["body"] for each in sent]
    assert [text.count(f"<b>POST</b> {path}<") for path in {str(each["path"]) for each in sent}] == [6, 6]


@settings(max_examples=40, deadline=None)
@given(value=JSON, width=st.integers(0, 60))
def test_json_of_a_request_is_the_value(value: Any, width: int) -> None:
    assert json.loads("\n".join(as_json(value, width))) == value


def test_a_body_nested_without_end_is_shown_as_far_as_it_goes() -> None:
    value: Any = "end"
    for _ in range(900):
        value = [value]
    assert "nested too deep to be shown" in "\n".join(as_json(value))


@pytest.mark.parametrize(
    ("document", "says"),
    [
        (documents.everything, "7 changes, ready to be reviewed"),
        (lambda: snapshotted(documents.everything()), "7 changes, not to be applied: planned from a snapshot"),
        (
            lambda: snapshotted(documents.made_plan(documents.UNCHANGED).to_json()),
            "No changes. The snapshot is as specified",
        ),
        (documents.refusing, "1 change, not to be applied: the reading is incomplete"),
        (plan_documents.reviewed, "7 changes, not to be applied as it is"),
        (lambda: plan_documents.many(2), "2 changes, and 1 warning to read first"),
        (lambda: documents.made_plan(documents.UNCHANGED).to_json(), "No changes. The tenant is as specified"),
        (lambda: documents.made_plan().to_json(), "No changes. There are no specs for this tenant"),
    ],
)
def test_the_headline_is_the_verdict(document: Any, says: str) -> None:
    assert f"<h1>{says}</h1>" in plan_html.plan(document())


def test_people_order_coverage_and_exceptions_are_told() -> None:
    words = " ".join(" ".join(reviewed()[1].words).split())
    for told in (
        "12 people would enroll with BYOD - web based (web based enrollment) without a required Authenticator",
        "up to 4 people may enroll with",
        "2 to 17 people no profile BYOD - web based",
        "1 BYOD ↑ up 2",
        "3 Legacy ↓ down 2",
        "some of them: ios-jit 702 people reached before: not reached",
        "Sales EMEA 12 people reached: BYOD - web based not reached not reached before: reached provided by others",
        "3 further targets are not in this table.",
        'Waiver/vip JitSsoPolicy/ios-jit /appBundleIds is ["com.a"] specified ["com.b"] 2026-12-31 CHG-4711',
        "leaves /appBundleIds alone, waived until 2026-12-31",
        "JIT210 the apps come from elsewhere",
        "compliance security team kept in another workspace",
    ):
        assert told in words, told


def test_an_order_that_gains_and_loses_profiles_says_so() -> None:
    change = {**documents.ORDER.to_json(), "ladder": {"before": ["A", "Gone"], "steps": [], "after": ["New", "A"]}}
    words = " ".join(" ".join(read({"changes": [change]}).words).split())
    assert "Now 1 A 2 Gone leaves After 1 New new 2 A ↓ down 1" in words


def test_long_lists_are_folded_and_nothing_is_left_out() -> None:
    gained = [f"app{number}" for number in range(80)]
    change = {
        "action": "update",
        "address": "JitSsoPolicy/a",
        "fields": [{"path": "/apps", "before": [], "after": gained}],
    }
    text = plan_html.plan({"changes": [change]})
    assert "<summary>55 more</summary>" in text
    assert all(f'"{app}"' in text for app in gained)


# Within bounds


def test_a_thousand_changes_make_a_page_of_less_than_five_mebibytes() -> None:
    some, more = (len(plan_html.plan(plan_documents.many(count)).encode()) for count in (20, 40))
    assert (more - some) / 20 * 1000 + some < 4 << 20


@pytest.mark.parametrize(("room", "apps", "bodies", "says"), [(5 << 20, 2, True, ""), (150_000, 1, True, "is large"),
                                                              (120_000, 1, False, "very large")])  # fmt: skip
def test_of_a_plan_that_is_too_large_less_is_shown_and_that_is_said(
    room: int, apps: int, bodies: bool, says: str
) -> None:
    """First what stands there twice, then bodies; every change, every request and every finding stays."""
    document = plan_documents.many(20)
    text = plan_html.plan(document, limit=room)
    assert len(text.encode()) <= room
    assert text.count('"com.example.department6.app7"') == apps
    assert ("<pre>" in text, "The plan is" in text, says in text) == (bodies, bool(says), True)
    assert text.count("<b>POST</b>") == 40
    assert text.count("data-item") - page.asset("page.js").count("data-item") == 30
    assert (Page(text).open, Page(text).wrong) == ([], [])


def test_very_many_findings_are_counted_and_every_error_is_told() -> None:
    document = plan_documents.many(1)
    (finding,) = document["diagnostics"]
    aside = {**finding, "address": None, "message": "aside"}
    errors = [{**each, "severity": "error", "message": f"error of {each['address']}"} for each in (finding, aside)]
    document["diagnostics"] = [finding] * 3000 + [aside] * 3000 + errors
    document["people"] = {**plan_documents.PEOPLE, "meetings": plan_documents.PEOPLE["meetings"] * 900}
    text = plan_html.plan(document)
    assert "and 2975 more findings" in text
    assert "and 2000 more findings" in text
    assert "and 700 further pairs" in text
    assert [text.count(each["message"]) for each in errors] == [2, 2]


# Readable


def colors(scheme: str) -> dict[str, str]:
    """The colours of a scheme; what `print` and `dark` do not name they take from the light one."""
    blocks = re.findall(r":root\{([^}]*)\}", page.asset("page.css"))
    light, dark, print_ = (dict(re.findall(r"--([\w-]+):(#[0-9a-f]+)", block)) for block in blocks)
    return {"light": light, "dark": {**light, **dark}, "print": {**light, **print_}}[scheme]


@pytest.mark.parametrize("scheme", ["light", "dark", "print"])
def test_text_stands_out_from_its_ground(scheme: str) -> None:
    """WCAG 2.2, 1.4.3: 4.5 to 1 at least, for every ink on every ground that it is used on."""
    found = colors(scheme)
    tones = ("good", "bad", "warn", "info", "swap")
    pairs = [(ink, ground) for ink in ("ink", "soft", "accent") for ground in ("page", "card")]
    pairs += [(ink, f"{tone}-page") for tone in tones for ink in (tone, "ink", "soft")] + [
        (tone, "page") for tone in tones
    ]
    poor = {}
    for ink, ground in pairs:
        light, dark = sorted((luminance(found[ink]), luminance(found[ground])), reverse=True)
        if (light + 0.05) / (dark + 0.05) < 4.5:
            poor[ink, ground] = (found[ink], found[ground])
    assert poor == {}


# Harmless


@cache
def plain() -> list[tuple[str, list[str]]]:
    return structure(read(replaced(plan_documents.reviewed(), "x", keep=KEPT)))


KEPT = frozenset(
    {"action", "status", "severity", "op", "method", "address", "kind", "part", "before", "after", "who", "id"}
)
"""Members whose value decides how something is shown."""


@pytest.mark.parametrize("payload", [*PAYLOADS.values(), *MORE.values()], ids=[*PAYLOADS, *MORE])
def test_hostile_values_in_every_place_change_nothing_but_words(payload: str) -> None:
    """An empty text leaves its element out, and a line end in a name of a field makes no further line."""
    text = plan_html.plan(replaced(plan_documents.reviewed(), payload, keep=KEPT))
    found = Page(text)
    assert complaints(text) == []
    assert (found.open, found.wrong) == ([], [])
    assert {tag for tag, _ in found.tags} <= {tag for tag, _ in plain()} | {"code"}
    if payload.strip():
        assert structure(found) == plain()


@pytest.mark.parametrize("payload", ["<b>", *MORE.values()], ids=["element", *MORE])
def test_hostile_values_that_decide_how_something_is_shown_break_no_page(payload: str) -> None:
    text = plan_html.plan(replaced(plan_documents.reviewed(), payload, keep=frozenset()))
    found = Page(text)
    assert (complaints(text), found.open, found.wrong) == ([], [], [])
    assert [tag for tag, _ in found.tags].count("script") == 1


@LAW
@given(name=ANY_TEXT.filter(lambda name: name.strip() != ""))
def test_no_name_changes_the_structure(name: str) -> None:
    document = documents.made_plan(documents.NEW_POLICY, documents.ORDER).to_json()
    assert structure(read(renamed(document, name))) == structure(read(renamed(document, "x")))


@settings(deadline=None, max_examples=25)
@given(document=DOCUMENT)
def test_a_damaged_document_is_shown_as_far_as_it_goes(document: dict[str, Any]) -> None:
    text = plan_html.plan(document)
    found = Page(text)
    assert (complaints(text), found.open, found.wrong) == ([], [], [])


@given(text=ANY_TEXT)
def test_no_text_leaves_the_element_or_the_attribute_that_it_is_put_into(text: str) -> None:
    found = Page(element("p", text, element("b", "bold"), title=text))
    assert [tag for tag, _ in found.tags] == ["p", "b"]
    assert [*found.tags[0][1]] == ["title"]
    assert isinstance(element("p", text), Html)
