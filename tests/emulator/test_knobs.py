"""The knobs themselves: each says which open question it stands for, and each is turned by some test."""

from __future__ import annotations

import dataclasses
import inspect
import re
from pathlib import Path

import pytest

from reconciler.emulator import Knobs, knobs

NAMES = [field.name for field in dataclasses.fields(Knobs)]


@pytest.mark.parametrize("name", NAMES)
def test_every_knob_explains_itself(name: str) -> None:
    source = inspect.getsource(knobs)
    assert re.search(rf"    {name}: .+\n(?:        .+\n)*    \"\"\"\w?", source), f"{name} has no docstring"


@pytest.mark.parametrize("name", NAMES)
def test_every_knob_is_turned_by_a_test(name: str) -> None:
    here = Path(__file__)
    others = (path.read_text(encoding="utf-8") for path in here.parent.glob("test_*.py") if path != here)
    assert any(re.search(rf"\b{name}\b", text) for text in others)


def test_knobs_are_a_value() -> None:
    assert Knobs() == Knobs()
    assert dataclasses.replace(Knobs(), stale_reads=2) != Knobs()
