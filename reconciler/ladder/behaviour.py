"""What a service may do with `setPriority`, and how to tell from two readings. Used by the strategies and the climb.

Microsoft Graph documents the action but not its effect on other profiles ("Not yet documented"). Operators of the
sibling action of device enrollment configurations report that numbers "can only be switched" with one in use.
"""

from __future__ import annotations

from collections.abc import Collection
from enum import Flag, auto

from .goal import Step, inserted
from .model import Ladder, Move, Rung, Stuck, ladder_of


class Behaviour(Flag):
    """The behaviours that all readings so far agree with; `UNKNOWN` is none of them."""

    UNKNOWN = 0
    INSERT = auto()
    """The mover takes the place of the holder; those between move by one."""
    INSERT_SHIFT = auto()
    """All numbers from the asked one on go up by one: a mover from above lands above the holder, not below it."""
    SWAP = auto()
    """Mover and holder change places."""
    ANY = INSERT | INSERT_SHIFT | SWAP


def outcome(behaviour: Behaviour, ladder: Ladder, step: Step) -> Ladder:
    """The ladder after `step` under one behaviour; `UNKNOWN` is taken for insertion."""
    if behaviour is Behaviour.INSERT_SHIFT and ladder.index(step.id) < step.place:
        return inserted(ladder, Step(step.id, step.place - 1))
    if behaviour is Behaviour.SWAP:
        if step.place == len(ladder):
            return ladder  # nobody to change places with
        holder = ladder[step.place]
        exchange = {step.id: holder, holder: step.id}
        return tuple(exchange.get(i, i) for i in ladder)
    return inserted(ladder, step)


def agreeing(before: Ladder, step: Step, after: Ladder) -> Behaviour:
    """The behaviours under which `step` leads from one ladder to the other."""
    seen = Behaviour.UNKNOWN
    for behaviour in Behaviour.ANY:
        if outcome(behaviour, before, step) == after:
            seen |= behaviour
    return seen


def number_of(rungs: Collection[Rung], step: Step) -> int:
    """The number to ask for: that of whoever stands there, or the next one after the last."""
    held = sorted(rung.number for rung in rungs)
    return held[step.place] if step.place < len(held) else held[-1] + 1


def step_of(before: Collection[Rung], move: Move, *, below: bool = False) -> Step:
    """The places of a call; `below`: it may ask for the first number after the last.

    Raises `Stuck` where nobody else held its number: such a call is never ours.
    """
    if below and move.number == number_of(before, Step(move.id, len(before))):
        return Step(move.id, len(before))
    holder = next((rung.id for rung in before if rung.number == move.number and rung.id != move.id), None)
    if holder is None:
        raise Stuck(f"No other enrollment profile held the priority {move.number} that was asked for {{}}.", [move.id])
    return Step(move.id, ladder_of(before).index(holder))


def observe(before: Collection[Rung], move: Move, after: Collection[Rung]) -> Behaviour:
    """What the service may have done with `move`, from the readings around it; only order counts, never numbers.

    Several behaviours at once where they cannot be told apart: an upward exchange of neighbours looks the same under
    all. `UNKNOWN` where none explains the second reading. Raises `LadderError` where a reading has equal numbers.
    """
    return agreeing(ladder_of(before), step_of(before, move), ladder_of(after))
