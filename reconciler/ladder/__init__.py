"""The priority ladder: which `setPriority` calls bring enrollment profiles into a declared order.

Live enrollment profiles carry integer priorities and the smallest number wins. Microsoft Graph's resource page says
"Priority, 0 is highest"; its page of `setPriority` does not say what becomes of the other profiles. So the plan is
made for the most plausible answer (the profile is inserted at that place and those between move by one), and `apply`
reads the ladder again after every call, learns what the service really does, and changes its ways where needed.

The plan of `EnrollmentPriority` calls `solve`; its apply drives a `Climb`. Pure and synchronous: no input or output.
"""

from .behaviour import Behaviour, observe
from .climb import Climb, asks_below, expected_moves, next_move
from .model import Crowd, LadderError, Move, Rung, Solution, Stuck, Unlisted, ladder_of
from .solve import reached, solve

__all__ = [
    "Behaviour",
    "Climb",
    "Crowd",
    "LadderError",
    "Move",
    "Rung",
    "Solution",
    "Stuck",
    "Unlisted",
    "asks_below",
    "expected_moves",
    "ladder_of",
    "next_move",
    "observe",
    "reached",
    "solve",
]
