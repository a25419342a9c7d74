"""Who belongs to whom, against a definition that is too slow for a tenant but easy to believe."""

from __future__ import annotations

from hypothesis import given, settings
from hypothesis import strategies as st

from reconciler.emulator.membership import Membership
from reconciler.emulator.tenant import Entry, Tenant
from reconciler.model import Json

GROUPS = [f"g{n}" for n in range(5)]
OTHERS = {"u0": "user", "u1": "user", "u2": "user", "d0": "device", "gone": "user"}
ANYTHING = [*GROUPS, *OTHERS]
Edges = dict[str, list[str]]
edges = st.fixed_dictionaries({name: st.lists(st.sampled_from(ANYTHING), max_size=4, unique=True) for name in GROUPS})


def kind(name: str) -> str:
    return OTHERS.get(name, "group")


def members(names: list[str]) -> list[Json]:
    return [{"@odata.type": f"#microsoft.graph.{kind(name)}", "id": name} for name in names]


def tenant(held: Edges) -> Tenant:
    collections: dict[str, Json] = {
        "users": [{"id": name} for name in OTHERS if kind(name) == "user" and name != "gone"],
        "devices": [{"id": "d0"}],
        "groups": [{"id": name, "members": members(names)} for name, names in held.items()],
    }
    return Tenant({"collections": collections})


def group(of: Tenant, name: str) -> Entry:
    found = of.collection("groups").get(name)
    assert found is not None
    return found


def reached(held: Edges, start: str) -> set[str]:
    seen: set[str] = set()
    while more := {name for known in (start, *seen) for name in held.get(known, [])} - seen:
        seen |= more
    return seen - {start}


@settings(max_examples=25, deadline=None)
@given(edges, st.sampled_from([1, 6, 10_000]))
def test_members_and_groups_mirror_each_other(held: Edges, most_kept: int) -> None:
    world = tenant(held)
    who = Membership(world, most_kept=most_kept)
    for name in GROUPS:
        found = who.members(group(world, name), nested=True)
        assert sorted(entry.id for entry in found.all) == sorted(reached(held, name))
        assert {k: {e.id for e in listed} for k, listed in found.by_kind.items() if listed} == {
            k: {each for each in reached(held, name) if kind(each) == k}
            for k in {kind(each) for each in reached(held, name)}
        }
        assert [entry.id for entry in who.members(group(world, name), nested=False).all] == held[name]
    for path, name in (("users", "u0"), ("devices", "d0"), ("groups", "g0")):
        entry = world.collection(path).get(name)
        assert entry is not None
        above = {each for each in GROUPS if name in reached(held, each)}
        assert {g.id for g in who.groups_of(entry, nested=True)} - {name} == above - {name}
        assert [g.id for g in who.groups_of(entry, nested=False)] == [g for g in held if name in held[g]]


@settings(max_examples=25, deadline=None)
@given(edges, edges)
def test_what_is_kept_is_forgotten_when_the_directory_changes(before: Edges, after: Edges) -> None:
    world = tenant(before)
    who = Membership(world)
    for name in GROUPS:
        who.members(group(world, name), nested=True)
    for name, names in after.items():
        world.put("groups", {"id": name, "members": members(names)})
        assert [entry.id for entry in who.members(group(world, name), nested=False).all] == names
    for name in GROUPS:
        assert {entry.id for entry in who.members(group(world, name), nested=True).all} == reached(after, name)


def test_a_second_page_costs_no_second_walk() -> None:
    world = tenant({name: ["u0", "u1"] for name in GROUPS})
    who = Membership(world)
    first = who.members(group(world, "g0"), nested=True)
    assert who.members(group(world, "g0"), nested=True) is first
    world.put("users", {"id": "u3"})
    assert who.members(group(world, "g0"), nested=True) is not first
