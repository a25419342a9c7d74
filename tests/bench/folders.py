"""Runs a measurement in a folder of its own, and where that matters in a process of its own."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Callable
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context
from pathlib import Path
from typing import Any


def apart(work: Callable[..., Any], *arguments: object) -> Any:
    """In a process of its own: a child's peak of memory counts from its parent's, which therefore stays small."""
    with ProcessPoolExecutor(1, mp_context=get_context("spawn")) as pool:
        return pool.submit(in_folder, work, *arguments).result()


def in_folder(work: Callable[..., Any], *arguments: object) -> Any:
    folder = Path(tempfile.mkdtemp(prefix="bench-"))
    try:
        return work(folder, *arguments)
    finally:
        shutil.rmtree(folder)
