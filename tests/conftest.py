"""What all tests share: rehearsals whose request bodies are kept, and the judgement of those bodies at the end."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from tests.e2e.harness import Rehearsal
    from tests.e2e.judge import Bodies


@pytest.fixture(scope="session")
def bodies() -> Iterator[Bodies]:
    """Every request body that a test sends or shows: judged once per shape, when the session (of a worker) ends."""
    from tests.e2e.judge import Bodies

    kept = Bodies()
    yield kept
    verdicts = kept.verdicts()
    assert not verdicts, "bodies that Microsoft's models or contract refuse:\n" + "\n".join(verdicts)


@pytest.fixture(scope="session")
def rehearse(bodies: Bodies) -> Callable[..., Rehearsal]:
    """Makes rehearsals (`Rehearsal.of`) whose bodies are judged. A context manager each."""
    from tests.e2e.harness import Rehearsal

    def make(specs: Any, **options: Any) -> Rehearsal:
        return Rehearsal.of(specs, on_close=bodies.keep_log, **options)

    return make
