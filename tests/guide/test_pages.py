"""What the employees' page and the runbook say, for whom, and where their links lead."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import date
from typing import Any

import pytest

from reconciler import rules
from reconciler.guide.language import LANGUAGES
from reconciler.kinds import REGISTRY
from reconciler.rules.lists import read
from reconciler.rules.model import Context, OnboardingText
from reconciler.spec.load import load
from reconciler.spec.schema import check_value
from reconciler.workspace import Provided

from . import given, golden

SOLE = {"web": given.WEB, "account": given.ACCOUNT, "portal": given.PORTAL, "choice": given.CHOICE}
CLOUDS = ("global", "usgov", "usgov-dod", "china")


def spans(document: Any) -> Iterator[Any]:
    """Every span of a guide."""
    if isinstance(document, dict):
        if "role" in document:
            yield document
        for each in document.values():
            yield from spans(each)
    elif isinstance(document, list):
        for each in document:
            yield from spans(each)


def text(document: Any) -> str:
    return "".join(span["text"] for span in spans(document))


def section(document: Any, name: str) -> Any:
    return next(each for each in document["sections"] if each["id"] == name)


def sections(document: Any) -> list[str]:
    return [each["id"] for each in document["sections"]]


def hrefs(document: Any) -> list[str]:
    return [span["href"] for span in spans(document) if "href" in span]


# As a whole


@pytest.mark.parametrize("name", golden.PAGES)
def test_pages_are_as_they_were_reviewed(name: str) -> None:
    """`python -m tests.guide.golden` writes them anew."""
    assert golden.PAGES[name]() == (golden.FOLDER / name).read_text(encoding="utf-8")


@pytest.mark.parametrize("language", LANGUAGES)
def test_documents_are_what_their_schema_promises(language: str) -> None:
    assert check_value("guide", given.page(*given.EVERYTHING, language=language)) == []
    assert check_value("guide", given.page(given.ACCOUNT, language=language, support={})) == []


def test_the_runbook_is_what_its_schema_promises() -> None:
    assert check_value("guide", given.admin(*given.EVERYTHING)) == []
    assert check_value("guide", given.admin(given.SSO, support={})) == []


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("specs", SOLE.values(), ids=SOLE)
def test_the_page_passes_the_rules_for_such_texts(specs: str, language: str) -> None:
    pages = [given.markdown(given.page(specs, language=language)), given.html(given.page(specs, language=language))]
    texts = tuple(OnboardingText(f"page-{n}", page) for n, page in enumerate(pages))
    context = Context(onboarding=texts, today=date(2026, 11, 22))
    found = rules.offline(load([("a.yaml", specs.encode())]), REGISTRY, context)
    assert [each for each in found if each.rule.startswith("JIT70")] == []


# Where links lead


@pytest.mark.parametrize("cloud", CLOUDS)
@pytest.mark.parametrize("specs", SOLE.values(), ids=SOLE)
def test_links_come_from_data_and_workspace_alone(specs: str, cloud: str) -> None:
    data = read("portals")
    known = {each for each in data["clouds"][cloud].values() if isinstance(each, str)}
    known.add(data["companyPortalApp"]["url"])
    support = {"mailto:help@contoso.example", "tel:+49891234", "https://help.contoso.example/"}
    assert set(hrefs(given.page(specs, cloud=cloud))) <= known | support


def test_web_enrollment_begins_at_its_page_in_the_global_cloud() -> None:
    begins = "https://portal.manage.microsoft.com/enrollment/webenrollment/ios"
    assert begins in hrefs(given.page(given.WEB))
    assert "lead you on" not in text(given.page(given.WEB))


@pytest.mark.parametrize(
    ("cloud", "home"),
    [
        ("usgov", "https://portal.manage.microsoft.us/"),
        ("usgov-dod", "https://portal.manage.microsoft.us/"),
        ("china", "https://portal.manage.microsoftonline.cn/"),
    ],
)
def test_no_page_is_made_up_for_other_clouds(cloud: str, home: str) -> None:
    page = given.page(given.WEB, cloud=cloud)
    assert {href for href in hrefs(page) if "manage" in href} == {home}
    assert "lead you on" in text(page)
    assert f"For the cloud {cloud} no documentation names" in text(section(given.admin(given.WEB, cloud=cloud), "open"))


@pytest.mark.parametrize("language", LANGUAGES)
def test_links_within_the_page_lead_somewhere_and_ids_are_unique(language: str) -> None:
    page = given.page(*given.EVERYTHING, language=language)
    inner = [href[1:] for href in hrefs(page) if href.startswith("#")]
    assert len(inner) > 2
    assert set(inner) <= set(sections(page))
    assert len(set(sections(page))) == len(sections(page))


# For whom


def test_ways_stand_in_the_order_in_which_profiles_win() -> None:
    page = given.page(*given.EVERYTHING)
    profiles = [name for name in sections(page) if name.startswith("profile-")]
    assert profiles == [f"profile-{name}" for name in ("account", "choice", "portal", "withdrawn", "web")]
    lines = [text(item["says"]) for item in section(page, "which")["blocks"][1]["items"]]
    assert lines[0].startswith("You are in Executives: ")
    assert lines[2].startswith("You are in Field staff, Shops or Stores: ")
    assert lines[3].startswith("Your organization told you")
    assert lines[4].startswith("Everybody else: ")


def test_who_has_no_choice_is_not_asked() -> None:
    page = given.page(given.ACCOUNT)
    assert "which" not in sections(page)
    assert "For: people in" not in text(page)


def test_what_nobody_can_come_to_is_left_out_and_told_in_the_runbook() -> None:
    nobody = given.ACCOUNT.replace("[{group: Executives}]", "[]")
    order = given.ORDER.replace("[account, choice, portal, withdrawn, web]", "[account, web, choice]")
    page = given.page(given.WEB, nobody, given.CHOICE, order)
    assert sections(page) == ["profile-web", "trouble", "sees", "leave", "support"]
    told = text(section(given.admin(given.WEB, nobody, given.CHOICE, order), "profiles"))
    assert "choice can never win: everybody gets web before it" in told
    assert "account is assigned to nobody" in told


def test_an_order_that_is_not_known_keeps_nobody_out() -> None:
    other = given.CHOICE.replace("name: choice", "name: zz")
    assert "profile-zz" in sections(given.page(given.WEB, other))
    assert "No spec puts the profiles in order" in text(given.admin(given.WEB, other))


@pytest.mark.parametrize(("unlisted", "first"), [("first", "profile-choice"), ("last", "profile-account")])
def test_a_profile_that_the_order_does_not_name_ranks_as_the_order_says(unlisted: str, first: str) -> None:
    order = given.ORDER.replace("[account, choice, portal, withdrawn, web]}", f"[account], unlisted: {unlisted}}}")
    page = given.page(given.ACCOUNT, given.CHOICE, order)
    assert next(name for name in sections(page) if name.startswith("profile-")) == first


def test_a_profile_without_a_type_is_left_out() -> None:
    bare = given.CHOICE[: given.CHOICE.index("  enrollmentType")] + "  assignments: {include: [{group: A}]}\n"
    assert "profile-choice" not in sections(given.page(given.WEB, bare))
    assert "choice does not say its enrollment type" in text(given.admin(given.WEB, bare))


# What it says


@pytest.mark.parametrize("specs", SOLE.values(), ids=SOLE)
def test_people_wait_for_authenticator_before_the_first_app(specs: str) -> None:
    """In every list of steps that opens a work app, right before."""
    lists = [b["items"] for s in given.page(specs)["sections"] for b in s["blocks"] if b["kind"] == "steps"]
    opening = 0
    for items in lists:
        important = [n for n, item in enumerate(items) if item["important"]]
        opens = [
            n for n, item in enumerate(items) if re.match(r"Open (Microsoft Teams|a work app)", text(item["says"]))
        ]
        assert [n + 1 for n in important] == opens
        opening += len(opens)
    assert opening == (3 if specs is given.CHOICE else 1)


@pytest.mark.parametrize(
    ("first", "said"),
    [
        ("com.microsoft.skype.teams", "Open Microsoft Teams and"),
        ("COM.microsoft.Office.OUTLOOK", "Open Microsoft Outlook and"),
        ("com.box.BoxNet", "Open com.box.BoxNet and"),
        (None, "Open a work app (such as Microsoft Teams) and"),
    ],
)
def test_the_first_app_has_the_name_that_people_know(first: str | None, said: str) -> None:
    given_app = f"{{firstSignInApp: {first}}}" if first else "{}"
    page = given.page(given.WEB.replace(f"{given.ONBOARDING}}}", f"onboarding: {given_app}"))
    assert said in text(page)


def test_a_profile_may_say_what_people_call_the_first_app() -> None:
    """Only Microsoft's apps have names that are known here."""
    box = given.WEB.replace("com.microsoft.skype.teams", "com.box.BoxNet")
    named = box.replace("com.box.BoxNet,", "com.box.BoxNet, firstSignInAppName: Box for work,")
    assert "Open Box for work and" in text(given.page(named))
    assert "Box for work (com.box.BoxNet)" in text(given.admin(named))
    assert "com.box.BoxNet (the page shows this" in text(given.admin(box))


def test_who_has_no_compliance_policy_on_purpose_is_not_told_to_wait_for_one() -> None:
    none = given.WEB.replace("compliance: [iOS baseline]", "compliance: none")
    assert "Recheck" in text(given.page(given.WEB))
    assert "Recheck" not in text(given.page(none))


def test_no_minimum_no_claim() -> None:
    assert "needs iOS 17.0" in text(given.page(given.WEB))
    assert "needs iOS" not in text(given.page(given.WEB.replace(', minimumIos: "17.0"', "")))


@pytest.mark.parametrize(
    ("change", "there"),
    [
        (("", ""), True),
        (("intent: required", "intent: available"), False),
        (("https://portal.manage.microsoft.com/", "https://intranet.contoso.example/"), False),
        (("[allUsers]}", "[allUsers], exclude: [{group: Contractors}]}"), False),
        (("[allUsers]", "[{group: Executives}]"), False),
    ],
)
def test_the_icon_is_named_where_everybody_surely_has_it(change: tuple[str, str], there: bool) -> None:
    page = given.page(given.WEB, given.CLIP.replace(*change) if change[0] else given.CLIP)
    assert ("icon Company help" in text(page)) == there


def test_an_icon_for_a_group_is_named_to_that_group() -> None:
    clip = given.CLIP.replace("[allUsers]", "[{group: Executives}]")
    assert "icon Company help" in text(given.page(given.ACCOUNT, clip))


def test_what_goes_differs_by_way() -> None:
    account, web = (text(section(given.page(specs), "leave")) for specs in (given.ACCOUNT, given.WEB))
    assert "erased, together with its keys" in account
    assert "management profile goes" not in account
    assert "management profile goes" in web
    assert "keys" not in web


def test_serial_numbers_and_telephone_numbers_are_not_seen_in_account_driven_enrollment() -> None:
    seen = text(section(given.page(given.ACCOUNT), "sees"))
    assert "Not collected are apps outside of work, telephone number, serial number and IMEI" in seen
    assert "last four digits" not in seen
    assert "last four digits" in text(section(given.page(given.WEB), "sees"))


def test_support_is_what_the_workspace_names_of_it() -> None:
    whole = section(given.page(given.WEB), "support")
    assert hrefs(whole) == ["mailto:help@contoso.example", "tel:+49891234", "https://help.contoso.example/"]
    part = section(given.page(given.WEB, support={"email": "a@b.example"}), "support")
    assert text(part) == "SupportE-mail: a@b.example"
    none = section(given.page(given.WEB, support={}), "support")
    assert text(none) == "SupportAsk the IT support of your organization."


def test_a_number_that_no_phone_can_dial_is_no_link() -> None:
    assert hrefs(section(given.page(given.WEB, support={"phone": "ext. 4711"}), "support")) == []
    assert hrefs(section(given.page(given.WEB, support={"phone": "(089) 12-34"}), "support")) == ["tel:0891234"]


# The runbook


def test_the_runbook_names_every_pair_of_the_policy() -> None:
    rows = section(given.admin(given.SSO), "registration")["blocks"][1]["rows"]
    assert [[text(cell) for cell in row] for row in rows[1:]] == [
        ["device_registration", "string", "{{DEVICEREGISTRATION}}"],
        ["browser_sso_interaction_enabled", "integer", "1"],
    ]


def test_the_runbook_says_who_provides_what_is_missing() -> None:
    provided = (Provided("authenticator", "endpoint team", "by the baseline"),)
    told = text(section(given.admin(given.WEB, provided=provided), "apps"))
    assert "No spec assigns Microsoft Authenticator; it is provided by endpoint team: by the baseline." in told
    assert "No spec declares an SSO policy." in text(section(given.admin(given.WEB), "registration"))


def test_the_runbook_names_the_discovery_file_of_each_domain() -> None:
    told = text(section(given.admin(given.ACCOUNT, cloud="usgov"), "renew"))
    assert "https://contoso.example/.well-known/com.apple.remotemanagement" in told
    assert "https://contoso.test/.well-known/com.apple.remotemanagement" in told
    address = "https://manage.microsoft.us/EnrollmentServer/PostReportDeviceInfoForUEV2?aadTenantId="
    assert f"{address}TENANT" in told
    assert f"{address}4711" in text(section(given.admin(given.ACCOUNT, cloud="usgov", tenant_id="4711"), "renew"))


TEAMS = """apiVersion: intune.reconciler/v1
kind: AppAssignment
metadata: {name: teams}
spec:
  app: {bundleId: com.microsoft.skype.teams}
  assignments: {include: [allUsers]}
"""


def test_the_runbook_calls_apps_by_the_names_that_people_know_and_links_the_support() -> None:
    page = given.admin(TEAMS, support={"url": "https://help.contoso.example/"})
    assert "Microsoft Teams (AppAssignment/" in text(section(page, "apps"))
    assert "https://help.contoso.example/" in hrefs(section(page, "support"))
