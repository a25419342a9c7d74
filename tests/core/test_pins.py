"""The pins file: read strictly, written in one way only, told apart entry by entry."""

from __future__ import annotations

import re

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from reconciler.live import Pinned
from reconciler.model import Address
from reconciler.pins import RULES, PinChange, Pins, difference, file_of, load, to_bytes
from reconciler.spec import source

TENANT = "5e5c2b6f-6a3e-4a8f-9d53-2c3c0f8f4f10"
A, B = "1aaaaaaa-1111-4222-8333-000000000001", "2aaaaaaa-1111-4222-8333-000000000001"
BYOD = Address("EnrollmentProfile", "byod-web")
HEAD = "apiVersion: intune.reconciler/v1\nkind: Pins\ntenant: production\n"
TEXT = f"""\
# What names in the specs stood for in this tenant. Written by `reconciler pin`; commit it.
# A name that stands for another id is refused until `reconciler pin --accept NAME` says that it is meant.
apiVersion: intune.reconciler/v1
kind: Pins
tenant: production
tenantId: "{TENANT}"
groups:
  Break glass (IT): "{A}"
  "[x] 100% \\"iOS\\"": "{B}"
filters:
  "no": "{A}"
scopeTags:
  Default: "0"
objects:
  EnrollmentProfile/byod-web: "{B}"
"""
PINS = Pins(
    "production",
    TENANT,
    Pinned({'[x] 100% "iOS"': B, "Break glass (IT)": A}, {"no": A}, {"Default": "0"}),
    {BYOD: B},
)


def test_the_file() -> None:
    assert to_bytes(PINS).decode() == TEXT
    assert load("pins/production.yaml", TEXT.encode(), tenant="production") == (PINS, [])
    assert file_of("production") == "pins/production.yaml"


def test_ids_are_read_in_lower_case() -> None:
    shouted = re.sub(r'"([0-9a-f-]{36})"', lambda found: f'"{found[1].upper()}"', TEXT)
    assert shouted != TEXT
    assert load("p.yaml", shouted.encode(), tenant="production")[0] == PINS


def test_a_tenant_without_anything_to_pin() -> None:
    nothing = Pins("1e3", None)
    assert to_bytes(nothing).decode().splitlines()[2:] == [
        "apiVersion: intune.reconciler/v1",
        "kind: Pins",
        'tenant: "1e3"',
    ]
    assert load("p.yaml", to_bytes(nothing), tenant="1e3") == (nothing, [])


INVALID: dict[str, tuple[str | bytes, str, int | None]] = {
    "nothing": ("", "PINS101", None),
    "two documents": (HEAD + "---\n" + HEAD, "PINS101", 5),
    "a conflict of two branches": (HEAD + "<<<<<<< ours\ngroups: {}\n", "YAML110", 4),
    "another tenant": (HEAD.replace("production", "sandbox"), "PINS102", 3),
    "another kind": (HEAD.replace("Pins", "Workspace"), "SCHEMA107", 2),
    "another version": (HEAD.replace("/v1", "/v2"), "SCHEMA107", 1),
    "no tenant": (HEAD.replace("tenant: production\n", ""), "SCHEMA104", 1),
    "tenantId is none": (HEAD + "tenantId: here\n", "SCHEMA108", 4),
    "a section that is not known": (HEAD + "apps: {}\n", "SCHEMA105", 4),
    "a name twice": (HEAD + f'groups:\n  X: "{A}"\n  X: "{B}"\n', "YAML120", 6),
    "an id that is a number": (HEAD + "scopeTags:\n  Default: 0\n", "SCHEMA106", 5),
    "no id": (HEAD + "groups:\n  X:\n", "SCHEMA106", 5),
    "an empty id": (HEAD + 'groups:\n  X: ""\n', "SCHEMA108", 5),
    "not an address": (HEAD + f'objects:\n  byod: "{A}"\n', "SCHEMA108", 5),
    "not UTF-8": (b"tenant: \xff", "YAML102", 1),
}


@pytest.mark.parametrize("name", INVALID)
def test_an_invalid_file_is_refused_at_its_place(name: str) -> None:
    text, rule, line = INVALID[name]
    found, findings = load(
        "pins/production.yaml", text if isinstance(text, bytes) else text.encode(), tenant="production"
    )
    assert found is None
    assert {d.rule for d in findings} == {rule}
    if line is None:
        assert "pins/production.yaml" in findings[0].message
    else:
        assert findings[0].position is not None
        assert (findings[0].position.file, findings[0].position.line) == ("pins/production.yaml", line)
    assert rule in RULES or rule.startswith(("YAML", "SCHEMA"))


# Laws


def _speakable(text: str) -> bool:
    """Whether a spec can name it: what its reader refuses is never pinned."""
    quoted = '"' + text.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n").replace("\t", "\\t") + '"'
    return not source.load("s.yaml", f"name: {quoted}\n".encode("utf-8", "surrogatepass"))[1]


NAMES = st.one_of(
    st.sampled_from(["yes", "NO", "null", "~", "1e3", "0x1F", "007", "22:30", "2026-01-01", "<<", "=", "- a", "a: b"]),
    st.sampled_from([" a", "a ", "#a", "a #b", "&a", "*a", "!a", "{a}", "[a]", "'", '"', "\\", "%", "@", "`", "a\nb"]),
    st.text(st.characters(exclude_categories=["Cs", "Cn"]), min_size=1, max_size=20).filter(_speakable),
    st.text("xyz é漢\U0001f600", min_size=256, max_size=256),
)
IDS = st.sampled_from([A, B, "0", "7", "true", "1e3"])
IDS_BY_NAME = st.dictionaries(NAMES, IDS, max_size=4)
ADDRESSES = st.builds(
    Address, st.sampled_from(["JitSsoPolicy", "EnrollmentProfile"]), st.sampled_from(["a", "b-1", "0"])
)
ALL_PINS = st.builds(
    Pins,
    st.sampled_from(["production", "1e3", "on", "a.b_c", "2026-01-01"]),
    st.none() | st.just(TENANT),
    st.builds(Pinned, IDS_BY_NAME, IDS_BY_NAME, IDS_BY_NAME),
    st.dictionaries(ADDRESSES, IDS, max_size=4),
)


@settings(deadline=None, max_examples=50)
@given(ALL_PINS)
def test_what_is_written_reads_back_and_is_written_alike(pins: Pins) -> None:
    written = to_bytes(pins)
    assert load("p.yaml", written, tenant=pins.tenant) == (pins, [])
    assert b"\r" not in written
    assert written.endswith(b"\n")


@settings(deadline=None, max_examples=35)
@given(ALL_PINS, st.randoms(use_true_random=False))
def test_the_order_of_entries_changes_no_byte(pins: Pins, random: object) -> None:
    def shuffled(entries: object) -> dict[object, str]:
        items = list(dict(entries).items())  # type: ignore[call-overload]
        random.shuffle(items)  # type: ignore[attr-defined]
        return dict(items)

    names = Pinned(shuffled(pins.names.groups), shuffled(pins.names.filters), shuffled(pins.names.scope_tags))  # type: ignore[arg-type]
    other = Pins(pins.tenant, pins.tenant_id, names, shuffled(pins.objects))  # type: ignore[arg-type]
    assert to_bytes(other) == to_bytes(pins)


@settings(deadline=None, max_examples=35)
@given(st.none() | ALL_PINS, ALL_PINS)
def test_a_difference_leads_from_one_to_the_other(before: Pins | None, after: Pins) -> None:
    changes = difference(before, after)
    state = {(section, name): i for section, held in (before.sections() if before else ()) for name, i in held.items()}
    for change in changes:
        assert state.get((change.section, change.name)) == change.before != change.after
        if change.after is None:
            del state[change.section, change.name]
        else:
            state[change.section, change.name] = change.after
    assert state == {(section, name): i for section, held in after.sections() for name, i in held.items()}


def test_a_difference_in_words() -> None:
    after = Pins(
        "production", TENANT, Pinned({"Break glass (IT)": B, "New": A}, {"no": A}, {"Default": "0"}), {BYOD: B}
    )
    assert difference(PINS, after) == [
        PinChange("groups", "Break glass (IT)", A, B),
        PinChange("groups", "New", None, A),
        PinChange("groups", '[x] 100% "iOS"', B, None),
    ]
    assert [change.word for change in difference(PINS, after)] == ["changed", "added", "removed"]
