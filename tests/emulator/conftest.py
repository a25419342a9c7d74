"""A served emulator and a plain HTTP client for it. Every emulator is stopped, and stopping checks its answers."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import httpx
import pytest

from reconciler.emulator import Emulator, Knobs, SteppingClock
from reconciler.model import Json, JsonObject

START = datetime(2026, 3, 1, 8, 0, tzinfo=UTC)


class Graph:
    """A client that knows nothing: method and path in, status and JSON out."""

    def __init__(self, emulator: Emulator) -> None:
        self.emulator = emulator
        self._http = httpx.Client(
            base_url=emulator.url, headers={"Authorization": "Bearer any"}, timeout=10, verify=False
        )

    def send(self, method: str, path: str, body: Json = None, **headers: str) -> httpx.Response:
        """`path` below /beta unless it starts with /v1.0 or /beta; header names with `_` for `-`."""
        whole = path if path.startswith(("/v1.0", "/beta", "http")) else f"/beta{path}"
        own = {name.replace("_", "-"): value for name, value in headers.items()}
        if body is None:
            return self._http.request(method, whole, headers=own)
        return self._http.request(method, whole, json=body, headers=own)

    def get(self, path: str, **headers: str) -> dict[str, Any]:
        response = self.send("GET", path, **headers)
        assert response.status_code == 200, response.text
        found = response.json()
        assert isinstance(found, dict)
        return found

    def values(self, path: str, **headers: str) -> list[dict[str, Any]]:
        """All items of a collection, over all its pages."""
        page = self.get(path, **headers)
        items = list(page["value"])
        while "@odata.nextLink" in page:
            page = self.get(str(page["@odata.nextLink"]), **headers)
            items.extend(page["value"])
        return items

    def create(self, path: str, body: JsonObject) -> str:
        """Posts; gives the new id."""
        response = self.send("POST", path, body)
        assert response.status_code == 201, response.text
        return str(response.json()["id"])

    def close(self) -> None:
        self._http.close()


Serve = Callable[..., Graph]


@pytest.fixture
def serve() -> Iterator[Serve]:
    """Starts emulators: `serve(seed=…, knobs=…)` gives a client whose `emulator` is the server."""
    open_now: list[Graph] = []

    def start(
        seed: JsonObject | None = None, *, state: Path | None = None, latency: float = 0.0, **knobs: object
    ) -> Graph:
        settings = Knobs(**knobs)
        emulator = Emulator(seed=seed, state=state, knobs=settings, latency=latency, clock=SteppingClock(START))
        emulator.start()
        open_now.append(Graph(emulator))
        return open_now[-1]

    yield start
    for graph in open_now:
        graph.close()
        graph.emulator.stop()


@pytest.fixture
def graph(serve: Serve) -> Graph:
    """An empty tenant under default knobs."""
    return serve()
