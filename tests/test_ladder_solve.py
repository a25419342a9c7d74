"""The plan of the ladder: fewest calls, fewest people on the way, honest about what is proven, and fast."""

from __future__ import annotations

import random
import time
from collections.abc import Iterator, Sequence
from functools import cache

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from reconciler.ladder.model import Crowd, LadderError, Rung, Solution
from reconciler.ladder.solve import reached, solve

from .test_ladder_service import MODES, Ladder, Service, is_goal, ladders, neighbours, order_of


def rungs_of(ladder: Sequence[str], *, start: int = 0, step: int = 1) -> list[Rung]:
    return Service(ladder, "insert", start=start, step=step).rungs


def plan(ladder: Sequence[str], mode: str, crowds: Sequence[Crowd] = ()) -> Solution:
    return solve(rungs_of(ladder), order_of(tuple(ladder)), unlisted=mode, crowds=crowds)


# -- fewest calls ------------------------------------------------------------------------------------------------------


@cache
def distances(listed: int, others: int, mode: str) -> dict[Ladder, int]:
    """For every ladder the fewest insertions to the goal, by breadth first search from all goals.

    An insertion is undone by an insertion of the same profile, so searching backwards is searching forwards.
    """
    everyone = [ladder for ladder in ladders(listed + others) if len(order_of(ladder)) == listed]
    found = {ladder: 0 for ladder in everyone if is_goal(ladder, mode)}
    layer = list(found)
    while layer:
        nearer = layer
        layer = []
        for ladder in nearer:
            for _, _, other in neighbours(ladder, "insert"):
                if other not in found:
                    found[other] = found[ladder] + 1
                    layer.append(other)
    return found


@pytest.mark.parametrize("mode", MODES)
@pytest.mark.parametrize("size", range(7))
def test_no_sequence_of_insertions_is_shorter(size: int, mode: str) -> None:
    for ladder in ladders(size):
        listed = len(order_of(ladder))
        solution = plan(ladder, mode)
        assert len(solution.moves) == distances(listed, size - listed, mode)[ladder], ladder
        assert reached(rungs_of(ladder), order_of(ladder), mode) == (not solution.moves)
        replay(solution, ladder, mode)


def replay(solution: Solution, ladder: Ladder, mode: str) -> None:
    """The service does with the plan what the plan says, and it ends at the goal."""
    service = Service(ladder, "insert")
    assert solution.before == ladder
    for move in solution.moves:
        service.set_priority(move.id, move.number)
        assert service.ladder == move.ladder
    assert service.ladder == solution.after
    assert is_goal(solution.after, mode)


@pytest.mark.parametrize("mode", MODES)
def test_listed_neighbours_change_places_by_an_upward_call(mode: str) -> None:
    """The downward one has the same outcome under insertion, but none at all where movers land above the holder."""
    for ladder in ladders(6):
        now = ladder
        for move in plan(ladder, mode).moves:
            place = now.index(move.id)
            assert move.number != place + 1 or now[move.number].isupper(), ladder
            now = move.ladder


# -- fewest people -----------------------------------------------------------------------------------------------------


def winner(ladder: Sequence[str], crowd: Crowd) -> str | None:
    return next((i for i in ladder if i in crowd.profiles), None)


def count(way: Sequence[Ladder], crowds: Sequence[Crowd]) -> tuple[int, int]:
    """People changed, and people-steps astray, of a way from its first ladder to its last."""
    ends = [(crowd, winner(way[0], crowd), winner(way[-1], crowd)) for crowd in crowds]
    changed = sum(crowd.people for crowd, old, new in ends if old != new)
    strays = sum(crowd.people for ladder in way for crowd, old, new in ends if winner(ladder, crowd) not in (old, new))
    return changed, strays


def shortest_ways(ladder: Ladder, mode: str) -> Iterator[tuple[Ladder, ...]]:
    """All of them; under `keep` only those that ask for the numbers of listed profiles."""
    listed = len(order_of(ladder))
    table = distances(listed, len(ladder) - listed, mode)
    if table[ladder] == 0:
        yield (ladder,)
    for _, holder, nearer in neighbours(ladder, "insert"):
        if table[nearer] == table[ladder] - 1 and (mode != "keep" or holder.islower()):
            for way in shortest_ways(nearer, mode):
                yield (ladder, *way)


@st.composite
def populated(draw: st.DrawFn, most: int = 5) -> tuple[Ladder, list[Crowd]]:
    """A ladder and people who are assigned its profiles, or others that are not on it."""
    listed = draw(st.integers(0, most))
    others = draw(st.integers(0, most - listed))
    mixed = draw(st.permutations("abcdefghijkl"[:listed] + "U" * others))
    names = iter("ABCDEFGHIJKL")
    ladder = tuple(next(names) if i == "U" else i for i in mixed)
    profiles = st.frozensets(st.sampled_from([*ladder, "elsewhere"]), max_size=len(ladder))
    crowds = draw(st.lists(st.builds(Crowd, people=st.integers(0, 9), profiles=profiles), max_size=8))
    return ladder, crowds


@settings(deadline=None, max_examples=25)
@given(case=populated(), mode=st.sampled_from(MODES))
def test_no_shortest_sequence_bothers_fewer_people(case: tuple[Ladder, list[Crowd]], mode: str) -> None:
    ladder, crowds = case
    solution = plan(ladder, mode, crowds)
    least = min(count(way, crowds) for way in shortest_ways(ladder, mode))
    assert solution.exact
    assert (solution.changed, solution.strays) == least
    assert count([ladder, *(move.ladder for move in solution.moves)], crowds) == least


@settings(deadline=None, max_examples=25)
@given(case=populated(8), mode=st.sampled_from(MODES), evaluations=st.integers(0, 200))
def test_a_search_that_is_cut_off_still_gives_a_shortest_sequence(
    case: tuple[Ladder, list[Crowd]], mode: str, evaluations: int
) -> None:
    ladder, crowds = case
    rungs, order = rungs_of(ladder), order_of(ladder)
    cut = solve(rungs, order, unlisted=mode, crowds=crowds, evaluations=evaluations)
    whole = solve(rungs, order, unlisted=mode, crowds=crowds)
    assert len(cut.moves) == len(whole.moves)
    assert count([ladder, *(move.ladder for move in cut.moves)], crowds) == (cut.changed, cut.strays)
    assert is_goal(cut.after, mode)
    assert (cut.changed, cut.strays) >= (whole.changed, whole.strays) or not whole.exact
    assert (cut.changed, cut.strays) == (whole.changed, whole.strays) or not cut.exact


@settings(deadline=None, max_examples=25)
@given(case=populated(12), mode=st.sampled_from(MODES))
def test_nobody_is_led_astray(case: tuple[Ladder, list[Crowd]], mode: str) -> None:
    """There always is a shortest sequence on which everyone meets their old or their new profile."""
    ladder, crowds = case
    solution = plan(ladder, mode, crowds)
    assert solution.strays == 0
    assert count([ladder, *(move.ladder for move in solution.moves)], crowds) == (solution.changed, 0)
    assert solution.exact or mode == "keep"


@settings(deadline=None, max_examples=25)
@given(case=populated(7))
def test_keep_never_asks_for_the_number_of_an_unlisted_profile(case: tuple[Ladder, list[Crowd]]) -> None:
    """So an unlisted profile stays where it is even where calls exchange."""
    ladder, crowds = case
    for move in plan(ladder, "keep", crowds).moves:
        assert ladder[move.number].islower()
        ladder = move.ladder


@pytest.mark.parametrize(
    ("ladder", "crowds", "movers", "changed"),
    [
        ("bAa", {"aA": 10, "bA": 1}, "b", 1),
        ("bAa", {"aA": 1, "bA": 10}, "a", 1),
        ("bAaBdCc", {"bA": 5, "aA": 4, "dC": 3, "cC": 2}, "ac", 6),
    ],
)
def test_people_decide_who_passes_an_unlisted_profile(
    ladder: str, crowds: dict[str, int], movers: str, changed: int
) -> None:
    solution = plan(ladder, "keep", [Crowd(people, frozenset(profiles)) for profiles, people in crowds.items()])
    assert ("".join(sorted(m.id for m in solution.moves)), solution.changed) == (movers, changed)


def test_keep_leaves_unlisted_holders_alone_even_where_asking_one_would_change_fewer_people() -> None:
    """Between A and B, b and c would change two people; but then a service that exchanges would move A or B."""
    people = {"bA": 100, "cB": 100, "bB": 1, "cA": 1}
    solution = plan("caABdb", "keep", [Crowd(number, frozenset(pair)) for pair, number in people.items()])
    assert solution.changed == 101
    assert "".join(solution.after) in ("abcABd", "aABbcd")


def test_keep_takes_calls_in_the_order_that_leads_nobody_astray() -> None:
    ladder = tuple("cbAad")
    crowds = [Crowd(people, frozenset(profiles)) for people, profiles in ((4, "Aad"), (4, "Abcd"), (6, "ab"))]
    solution = plan(ladder, "keep", crowds)
    assert count([ladder, *(move.ladder for move in solution.moves)], crowds) == (10, 0)


def test_a_result_that_a_cut_search_gives_is_not_called_exact() -> None:
    ladder, crowds = tuple("bAaBdCc"), [Crowd(1, frozenset(pair)) for pair in ("aA", "bA", "cC", "dC", "aB", "dB")]
    results = [
        solve(rungs_of(ladder), order_of(ladder), unlisted="keep", crowds=crowds, evaluations=evaluations).exact
        for evaluations in (0, 1000)
    ]
    assert results == [False, True]


# -- what cannot matter ------------------------------------------------------------------------------------------------


@settings(deadline=None, max_examples=25)
@given(case=populated(7), mode=st.sampled_from(MODES), seed=st.randoms(use_true_random=False))
def test_names_and_numbers_and_the_order_of_a_reading_do_not_matter(
    case: tuple[Ladder, list[Crowd]], mode: str, seed: random.Random
) -> None:
    ladder, crowds = case
    names = dict(zip(sorted(ladder), seed.sample([f"id-{n}" for n in range(50)], len(ladder)), strict=True))
    numbers = sorted(seed.sample(range(-5, 300), len(ladder)))
    rungs = [Rung(names[i], number) for i, number in zip(ladder, numbers, strict=True)]
    seed.shuffle(rungs)
    renamed = [Crowd(c.people, frozenset(names.get(i, i) for i in c.profiles)) for c in crowds]
    plain = plan(ladder, mode, crowds)
    other = solve(rungs, [names[i] for i in order_of(ladder)], unlisted=mode, crowds=renamed)
    assert [(names[m.id], numbers[m.number]) for m in plain.moves] == [(m.id, m.number) for m in other.moves]
    assert (plain.changed, plain.strays, plain.exact) == (other.changed, other.strays, other.exact)
    assert plain.may_need == other.may_need


@settings(deadline=None, max_examples=25)
@given(case=populated(7), mode=st.sampled_from(MODES))
def test_what_may_be_needed_is_never_more_than_where_a_created_profile_may_land_anywhere(
    case: tuple[Ladder, list[Crowd]], mode: str
) -> None:
    ladder, _ = case
    known = plan(ladder, mode)
    anywhere = solve(rungs_of(ladder), order_of(ladder), unlisted=mode, created=ladder[:1])
    assert 0 <= known.may_need <= anywhere.may_need


@pytest.mark.parametrize(("ladder", "mode"), [("", "last"), ("a", "first"), ("aAB", "keep"), ("AB", "last")])
def test_where_nothing_can_be_moved_nothing_may_be_needed(ladder: str, mode: str) -> None:
    solution = solve(rungs_of(ladder), order_of(tuple(ladder)), unlisted=mode, created=ladder)
    assert (solution.moves, solution.may_need, solution.after) == ((), 0, tuple(ladder))


# -- refused -----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("rungs", "order", "sentence"),
    [
        ([Rung("a", 1), Rung("b", 1)], ["a"], "Enrollment profiles Web and Portal hold the same priority 1, so "),
        ([Rung("a", 1), Rung("b", 1), Rung("c", 0), Rung("d", 0)], ["a"], "profiles c and d hold the same priority 0"),
        ([Rung("a", 1), Rung("a", 2)], ["a"], "The list of live enrollment profiles names Web twice; "),
        ([Rung("a", 1)], ["a", "x", "y"], "profiles x and y, which are not in the tenant."),
        ([Rung("a", 1), Rung("b", 2)], ["a", "b", "a"], "The order names enrollment profiles Web more than once; "),
    ],
)
def test_what_has_no_order_is_refused_by_name(rungs: list[Rung], order: list[str], sentence: str) -> None:
    for attempt in (
        lambda: solve(rungs, order, unlisted="last"),
        lambda: reached(rungs, order, "last"),
    ):
        with pytest.raises(LadderError) as error:
            attempt()
        assert sentence in error.value.told({"a": "Web", "b": "Portal"})
        assert "{" not in str(error.value)


# -- speed -------------------------------------------------------------------------------------------------------------


def crowd_of(ids: Sequence[str], seed: random.Random, size: int = 100) -> list[Crowd]:
    return [Crowd(seed.randint(1, 500), frozenset(seed.sample(ids, seed.randint(2, 8)))) for _ in range(size)]


@pytest.mark.parametrize("mode", MODES)
def test_thirty_profiles_with_ten_calls_take_half_a_second(mode: str) -> None:
    seed = random.Random(30)
    ids = [f"p{n:02}" for n in range(30)]
    ladder = [*reversed(ids[:11]), *ids[11:]]
    began = time.process_time()
    solution = solve(rungs_of(ladder), ids, unlisted=mode, crowds=crowd_of(ids, seed))
    assert time.process_time() - began < 0.5
    assert len(solution.moves) == 10


def test_two_hundred_reversed_profiles_take_two_seconds() -> None:
    ids = [f"p{n:03}" for n in range(200)]
    began = time.process_time()
    solution = solve(rungs_of(ids[::-1]), ids, unlisted="last", crowds=crowd_of(ids, random.Random(200)))
    assert time.process_time() - began < 2
    assert len(solution.moves) == 199
    assert solution.after == tuple(ids)
