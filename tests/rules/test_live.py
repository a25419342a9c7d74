"""What rules say of live SSO policies, whatever these hold; and the questions that a plan asks beyond them."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from reconciler import rules
from reconciler.diagnostics import Severity
from reconciler.facts import App, Compliance, Onboarding, Pair, Profile, SsoPolicy, Value
from reconciler.kinds import REGISTRY
from reconciler.live import Live
from reconciler.model import Address
from reconciler.rules.allowed_rules import unknown_bundle_ids
from reconciler.rules.list_rules import disables_prompts
from reconciler.rules.model import Context, Shown
from reconciler.rules.tenant_rules import unknown_policies
from reconciler.spec.load import undeclared
from reconciler.workspace import RuleData

TOKEN = Pair("device_registration", "string", "{{DEVICEREGISTRATION}}")
SAFARI = Pair("browser_sso_interaction_enabled", "integer", 1)
KIND = REGISTRY["JitSsoPolicy"]


def found(policy: SsoPolicy) -> list[str]:
    return [d.rule for d in rules.live([Shown(policy, policy.name, KIND.name, "id")], Context())]


def apps(*bundle_ids: str | None) -> list[App]:
    return [App(f"App {n}", each) for n, each in enumerate(bundle_ids)]


def test_the_settings_catalog_has_one_list_which_is_judged_once() -> None:
    listed = Pair("AppAllowList", "string", "com.contoso.one, com.microsoft.to-do")
    ids = (Value("com.contoso.one"), Value("com.microsoft.to-do"))
    assert found(SsoPolicy("catalog", (TOKEN, SAFARI, listed), ids, encoding="catalog")) == ["JIT206"]
    assert found(SsoPolicy("template", (TOKEN, SAFARI, listed), ids)) == ["JIT206", "JIT206", "JIT215"]


def test_what_could_not_be_understood_is_not_missing() -> None:
    assert found(SsoPolicy("known", (), ())) == ["JIT111", "JIT120"]
    assert found(SsoPolicy("unknown", (), (), not_understood=("a setting",))) == []


def test_what_a_spec_stands_for_is_judged_by_its_spec() -> None:
    policy = SsoPolicy("ours", (), (Value("com.microsoft.to-do"),))
    assert rules.live([Shown(policy, "ours", KIND.name, "id", Address(KIND.name, "ours"))], Context()) == []


def test_what_a_spec_leaves_as_it_is_is_told_of() -> None:
    extension = {
        "@odata.type": "#microsoft.graph.iosAzureAdSingleSignOnExtension",
        "bundleIdAccessControlList": ["com.microsoft.to-do"],
        "configurations": [
            {"@odata.type": "#microsoft.graph.keyStringValuePair", "key": "device_registration ", "value": "x"},
            {"@odata.type": "#microsoft.graph.keyStringValuePair", "key": "device_registration", "value": "wrong"},
        ],
    }
    live = Live("id", KIND.collections[0], {"displayName": "P", "iosSingleSignOnExtension": extension})
    told = {}
    for fields in (
        {},
        {"appBundleIds": []},
        {"additionalConfiguration": None},
        {"appBundleIds": None, "additionalConfiguration": []},
    ):
        spec = replace(undeclared(Address(KIND.name, "ios")), spec=fields)
        fact = KIND.carries(spec, live)
        assert fact is not None
        findings = rules.carried([Shown(fact, "P", KIND.name, "id", spec.address)], Context())
        told[" ".join(fields)] = [d.rule for d in findings]
        assert {(d.severity, d.address) for d in findings} <= {(Severity.WARNING, spec.address)}
    assert told == {
        "": ["JIT113", "JIT115", "JIT206"],
        "appBundleIds": ["JIT113", "JIT115"],
        "additionalConfiguration": ["JIT206"],
        "appBundleIds additionalConfiguration": [],
    }


def test_bundle_ids_of_no_app_in_the_tenant() -> None:
    policy = SsoPolicy(
        "ios", bundle_ids=tuple(map(Value, ("com.a.one", "com.b.Two", "com.c.three", "com.apple.x", "wefwef")))
    )
    unknown = list(unknown_bundle_ids(policy, apps("com.a.one", "com.b.two", None), Context()))
    assert [each.message.split()[0] for each in unknown] == ["com.b.Two", "com.c.three"]
    assert unknown[0].detail == "upper and lower case differ from com.b.two"


def test_bundle_ids_that_no_app_has_are_one_finding_and_told_once() -> None:
    ids = [f"com.contoso.app{n}" for n in range(7)]
    policy = SsoPolicy("ios", bundle_ids=tuple(Value(each, (each,)) for each in ids))
    [one] = unknown_bundle_ids(policy, apps("com.contoso.other"), Context())
    assert one.message == f"7 bundle ids are those of no app in the tenant: {', '.join(ids[:5])} and 2 more"
    assert one.path == (ids[0],)
    [rest] = unknown_bundle_ids(policy, apps("com.contoso.other"), Context(), told=ids[:6])
    assert rest.message == f"{ids[6]} is the bundle id of no app in the tenant"
    assert list(unknown_bundle_ids(policy, apps("com.contoso.other"), Context(), told=ids)) == []


def test_what_to_do_is_something_that_can_be_done() -> None:
    plain, catalog = SsoPolicy("P"), SsoPolicy("P", encoding="catalog")
    for shown, says in (
        (Shown(plain, "P", KIND.name, "id"), "write a spec for it"),
        (Shown(catalog, "P", KIND.name, "id"), "no spec can stand for a policy of the settings catalog"),
        (Shown(plain, "P", KIND.name, "id", owner="other-team"), "it belongs to other-team"),
    ):
        assert all(says in str(each.detail) for each in rules.live([shown], Context()))


def test_compliance_policies_that_are_not_there() -> None:
    named = tuple(map(Value, ("iOS basline", "Macs", "iOS baseline")))
    profile = Profile("P", None, onboarding=Onboarding(compliance=named))
    held = [Compliance("iOS baseline"), Compliance("Macs", "macOS")]
    assert [(each.message, each.detail) for each in unknown_policies(profile, held)] == [
        ("no compliance policy is called 'iOS basline'", "did you mean 'iOS baseline'?"),
        ("the compliance policy 'Macs' is for macOS", "name one for iOS that the tenant has"),
    ]


def test_prompts_that_are_disabled() -> None:
    name = "disable_explicit_native_app_prompt"
    assert disables_prompts(
        SsoPolicy("on", (Pair(name, "integer", 1), Pair(f"{name}_and_autologin", "integer", 0)))
    ) == (name,)
    assert disables_prompts(SsoPolicy("kerberos", (Pair(name, "integer", 1),), extension="kerberos")) == ()


ODD = st.one_of(
    st.none(), st.booleans(), st.integers(), st.floats(), st.text(max_size=12), st.lists(st.integers(), max_size=2)
)
NAMES = (
    "device_registration", "AppAllowList", "AppPrefixAllowList", "AppBlockList", "AppCookieSSOAllowList",
    "use_most_secure_storage", "admin_debug_mode_enabled",
)  # fmt: skip
KEYS = st.one_of(ODD, st.sampled_from(NAMES))
TYPES = st.sampled_from(["String", "Integer", "Boolean", "Real", "Future", ""])


@settings(max_examples=30, deadline=None)
@given(
    st.lists(st.tuples(KEYS, TYPES, ODD), max_size=6),
    st.lists(ODD, max_size=4),
    st.sampled_from(["iosAzureAd", "ios", "x"]),
)
def test_whatever_a_live_policy_holds_the_rules_answer(pairs: list[Any], bundle_ids: list[Any], sort: str) -> None:
    extension = {
        "@odata.type": f"#microsoft.graph.{sort}SingleSignOnExtension",
        "configurations": [
            {"@odata.type": f"#microsoft.graph.key{t}ValuePair", "key": k, "value": v} for k, t, v in pairs
        ],
        "bundleIdAccessControlList": bundle_ids,
        "urlPrefixes": bundle_ids,
    }
    policy = KIND.shows(Live("id", KIND.collections[0], {"displayName": "P", "iosSingleSignOnExtension": extension}))
    assert isinstance(policy, SsoPolicy)
    context = Context(data=RuleData(microsoft=frozenset({"com.linkedin.linkedin"})))
    for finding in rules.live([Shown(policy, "P", KIND.name, "id")], context):
        assert finding.severity is not Severity.ERROR
        assert finding.message
