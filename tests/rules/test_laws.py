"""Laws of the rule pack, whatever the specs: it never fails, never depends on the files, and changes nothing."""

from __future__ import annotations

import json
from collections.abc import Sequence
from copy import deepcopy
from dataclasses import replace
from datetime import date
from typing import Any

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from reconciler import rules
from reconciler.facts import PARTS
from reconciler.kinds import REGISTRY
from reconciler.live import Live
from reconciler.rules.model import Context, Shown
from reconciler.spec.load import SpecSet, load
from reconciler.workspace import Provided
from tests.laws.tenants import Document, document, documents

QUICK = settings(
    deadline=None,
    max_examples=25,
    derandomize=True,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large],
)
ODD = st.sampled_from(
    [
        "",
        " ",
        "a\n",
        "wefwef",
        "Teams",
        "com.apple.",
        "*",
        "com.microsoft.scmx",
        "\u200b",
        "{{DEVICEREGISTRATION}}",
        "ü",
        "a,b",
    ]
)
KEYS = st.sampled_from(
    ["device_registration", "AppPrefixAllowList", "AppBlockList", "AppCookieSSOAllowList", "unknown_key"]
)
PAIRS = st.lists(
    st.one_of(
        st.fixed_dictionaries({"key": KEYS | ODD, "type": st.just("string"), "value": ODD}),
        st.fixed_dictionaries({"key": KEYS, "type": st.just("integer"), "value": st.integers(-1, 2)}),
        st.fixed_dictionaries({"key": KEYS, "type": st.just("boolean"), "value": st.booleans()}),
    ),
    max_size=3,
)
ONBOARDING = st.fixed_dictionaries(
    {},
    optional={
        "firstSignInApp": ODD.filter(bool) | st.sampled_from(["com.microsoft.skype.teams", "com.example.a"]),
        "compliance": st.just("none") | st.just(["iOS baseline"]),
        "minimumIos": st.sampled_from(["9", "14.8.1", "17.0", "26", "999"]),
        "discoveryDomains": st.sampled_from([[], ["contoso.example"]]),
    },
)
CONTEXTS = st.builds(
    lambda tenant, cloud, known, parts: Context(
        tenant=tenant,
        cloud=cloud,
        tenant_id="3d5a9c0e-7b1f-4e62-9a84-6c2f0d8b1e57" if known else None,
        provided=tuple(Provided(part, "others", "a reason") for part in parts),
        today=date(2026, 11, 22),
    ),
    st.sampled_from(["", "sandbox"]),
    st.sampled_from(["global", "usgov", "usgov-dod", "china"]),
    st.booleans(),
    st.sets(st.sampled_from(PARTS)),
)


@st.composite
def sets(draw: st.DrawFn) -> tuple[Document, ...]:
    """Spec sets with what only rules look at: odd keys, odd apps, the withdrawn type, orders."""
    found = deepcopy([*draw(documents())])
    for each in found:
        if each["kind"] == "JitSsoPolicy" and draw(st.booleans()):
            each["spec"]["additionalConfiguration"] = draw(PAIRS)
            each["spec"]["appBundleIds"] = draw(st.lists(ODD, unique=True, max_size=3))
        if each["kind"] == "EnrollmentProfile":
            each["spec"]["onboarding"] = draw(ONBOARDING)
    if draw(st.booleans()):
        spec = {"displayName": draw(ODD), "enrollmentType": "userEnrollmentWithCompanyPortal", "assignments": None}
        found.append(document("EnrollmentProfile", "withdrawn", spec))
    return tuple(found)


def loaded(named: Sequence[tuple[str, Document]]) -> SpecSet:
    return load((name, json.dumps(each).encode()) for name, each in named)


def told(specs: SpecSet, context: Context) -> list[str]:
    """What the rules find, but for the files in which they find it."""
    found = rules.offline(specs, REGISTRY, context)
    return sorted(str(replace(each, position=None)) for each in found)


@QUICK
@given(found=sets(), context=CONTEXTS, data=st.data())
def test_the_rules_never_fail_and_do_not_depend_on_names_of_files(
    found: tuple[Document, ...], context: Context, data: st.DataObject
) -> None:
    names = [f"{index}.yaml" for index in range(len(found))]
    others = data.draw(st.permutations(names))
    findings = told(loaded([*zip(names, found, strict=True)]), context)
    assert findings == told(loaded([*zip(others, found, strict=True)]), context)
    assert len(findings) == len(set(findings)), "one mistake is told once"


@QUICK
@given(found=sets(), context=CONTEXTS)
def test_the_rules_leave_the_specs_as_they_are(found: tuple[Document, ...], context: Context) -> None:
    specs = loaded([(f"{index}.yaml", each) for index, each in enumerate(found)])
    before = deepcopy({address: (each.spec, each.document.value) for address, each in specs.desired.items()})
    told(specs, context)
    assert before == {address: (each.spec, each.document.value) for address, each in specs.desired.items()}


PROPERTIES = st.sampled_from(
    [
        "@odata.type", "displayName", "priority", "defaultEnrollmentType", "availableEnrollmentTypeOptions",
        "ownerType", "enrollmentType", "iosSingleSignOnExtension", "singleSignOnExtension", "configurations", "key",
        "value", "bundleId", "bundleIdAccessControlList", "appUrl", "appStoreUrl", "useManagedBrowser", "settings",
        "settingInstance", "technologies", "requiresUserAuthentication", "rule", "platform",
    ]
)  # fmt: skip
JSON: st.SearchStrategy[Any] = st.recursive(
    st.none() | st.booleans() | st.integers(-1, 3) | ODD,
    lambda inner: st.lists(inner, max_size=2) | st.dictionaries(PROPERTIES, inner, max_size=3),
    max_leaves=6,
)


@QUICK
@given(body=st.dictionaries(PROPERTIES, JSON, max_size=6), context=CONTEXTS)
def test_no_live_object_makes_the_rules_fail(body: dict[str, Any], context: Context) -> None:
    for kind in REGISTRY.values():
        for collection in (*kind.collections, *kind.also_reads):
            fact = kind.shows(Live("7b0f0e0a-0000-4000-8000-000000000001", collection, body))
            if fact is not None:
                assert isinstance(fact, kind.nouns)
                found = rules.live([Shown(fact, "A name", kind.name, "7b0f0e0a")], context)
                assert all(each.severity != "error" for each in found)
