"""A headless browser, driven over a pipe by the DevTools protocol: no driver and no package is needed for it.

Used by `make look` and by the few tests that need one. The protocol reads and measures what no document can tell: what
a page computes, lays out and logs. Where no browser is installed, `found()` is None and callers say so.

Source: https://chromedevtools.github.io/devtools-protocol/, and `--remote-debugging-pipe` of Chromium: messages of
JSON, each ended by a zero byte, on the file descriptors 3 (in) and 4 (out).
"""

from __future__ import annotations

import base64
import json
import os
import select
import shutil
import subprocess
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

NAMES = ("chromium", "chromium-browser", "google-chrome", "chrome", "microsoft-edge")
PATIENCE = 60.0
"""Seconds for one answer; a browser that takes longer is stuck."""
_NOISE = frozenset(
    {"Network.requestWillBeSent", "Runtime.exceptionThrown", "Runtime.consoleAPICalled", "Log.entryAdded"}
)


def found() -> str | None:
    """The browser of this machine; none where a child cannot be given file descriptors by number."""
    return next(filter(None, map(shutil.which, NAMES)), None) if os.name == "posix" else None


class BrowserError(Exception):
    """The browser refused a command, or the page threw."""


class Tab:
    """One page. Everything is synchronous; events are kept until they are asked for."""

    def __init__(self, send: Callable[[bytes], None], receive: Callable[[], dict[str, Any]]) -> None:
        self._send, self._receive = send, receive
        self._number = 0
        self._session = ""
        self.events: list[dict[str, Any]] = []
        target = self.call("Target.createTarget", url="about:blank")["targetId"]
        self._session = self.call("Target.attachToTarget", targetId=target, flatten=True)["sessionId"]
        for domain in ("Page", "Runtime", "Log", "Network", "Performance"):
            self.call(f"{domain}.enable")

    def call(self, method: str, **parameters: Any) -> dict[str, Any]:
        """The answer to one command. Raises `BrowserError`."""
        self._number += 1
        message = {"id": self._number, "method": method, "params": parameters}
        self._send(json.dumps({**message, **({"sessionId": self._session} if self._session else {})}).encode() + b"\0")
        while True:
            answer = self._receive()
            if answer.get("id") == self._number:
                if "error" in answer:
                    raise BrowserError(f"{method}: {answer['error']['message']}")
                return dict(answer["result"])
            self.events.append(answer)

    def open(self, page: Path) -> None:
        """Loads a file, to the end of its `load` event."""
        self.events.clear()
        self.call("Page.navigate", url=page.resolve().as_uri())
        while not any(event.get("method") == "Page.loadEventFired" for event in self.events):
            self.events.append(self._receive())

    def evaluate(self, expression: str) -> Any:
        """The value of an expression in the page. Raises `BrowserError` where it throws."""
        answer = self.call("Runtime.evaluate", expression=expression, returnByValue=True, awaitPromise=True)
        if "exceptionDetails" in answer:
            raise BrowserError(str(answer["exceptionDetails"].get("exception", {}).get("description")))
        return answer["result"].get("value")

    def complaints(self) -> list[str]:
        """What the page logged, threw, or asked the network for, since it was opened."""
        own = {"Network.requestWillBeSent": "file:"}
        events = [e for e in self.events if e.get("method") in _NOISE]
        urls = [str(e["params"].get("request", {}).get("url", "")) for e in events]
        return [
            f"{event['method']}: {json.dumps(event['params'])[:300]}"
            for event, url in zip(events, urls, strict=True)
            if not (event["method"] in own and url.startswith(own[event["method"]]))
        ]

    @contextmanager
    def without_scripts(self) -> Iterator[None]:
        """Pages that are opened in the block run no script."""
        self.call("Emulation.setScriptExecutionDisabled", value=True)
        try:
            yield
        finally:
            self.call("Emulation.setScriptExecutionDisabled", value=False)

    def show_as(self, width: int, height: int, *, dark: bool = False, media: str = "screen") -> None:
        """The size of the window, the colour scheme that the reader prefers, and the medium."""
        self.call("Emulation.setDeviceMetricsOverride", width=width, height=height, deviceScaleFactor=1, mobile=False)
        scheme = {"name": "prefers-color-scheme", "value": "dark" if dark else "light"}
        self.call("Emulation.setEmulatedMedia", media=media, features=[scheme])

    def press(self, key: str, code: int, *, shift: bool = False) -> None:
        """A key, down and up; a character is also typed."""
        text = "\r" if key == "Enter" else key if len(key) == 1 else ""
        what = {"key": key, "windowsVirtualKeyCode": code, **({"text": text} if text else {})}
        held = 8 if shift else 0
        self.call("Input.dispatchKeyEvent", type="keyDown", modifiers=held, **what)
        self.call("Input.dispatchKeyEvent", type="keyUp", modifiers=held, key=key, windowsVirtualKeyCode=code)

    def picture(self, path: Path, width: int, *, dark: bool = False, most: int = 6000) -> None:
        """The page from its top, down to `most` pixels, on a screen that shows all of that at once."""
        self.show_as(width, most, dark=dark)
        self.evaluate("scrollTo(0, 0)")
        height = min(int(self.evaluate("Math.ceil(document.body.getBoundingClientRect().height)")), most)
        self.show_as(width, height, dark=dark)
        path.write_bytes(base64.b64decode(self.call("Page.captureScreenshot", format="png")["data"]))

    def printed(self, path: Path) -> None:
        """The page as it is printed."""
        path.write_bytes(base64.b64decode(self.call("Page.printToPDF", printBackground=True)["data"]))

    def measured(self) -> dict[str, float]:
        """Seconds that the page took so far, by what for (`ScriptDuration`, `LayoutDuration`, `TaskDuration`, …)."""
        return {each["name"]: float(each["value"]) for each in self.call("Performance.getMetrics")["metrics"]}


@contextmanager
def started(browser: str) -> Iterator[Tab]:
    """A tab of a browser of its own, which ends with the block."""
    import fcntl  # only where `found` finds a browser

    commands, ours = os.pipe()
    theirs, answers = os.pipe()
    ends = [fcntl.fcntl(end, fcntl.F_DUPFD_CLOEXEC, 10) for end in (commands, answers)]  # neither is 3 or 4 itself
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as profile:
        words = [browser, "--headless", "--remote-debugging-pipe", f"--user-data-dir={profile}", "--disable-gpu"]
        words += ["--hide-scrollbars", "--no-first-run", "--disable-background-networking", "--disable-dev-shm-usage"]
        words += ["--no-sandbox"] if os.geteuid() == 0 else []
        process = subprocess.Popen(
            words,
            close_fds=False,
            preexec_fn=lambda: [os.dup2(end, number) for number, end in enumerate(ends, 3)],  # noqa: PLW1509 - takes no lock
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        for end in (commands, answers, *ends):
            os.close(end)
        try:
            yield Tab(lambda message: _write(ours, message), _reader(theirs))
        finally:
            os.close(ours)
            os.close(theirs)
            process.terminate()
            process.wait(PATIENCE)


def _write(pipe: int, message: bytes) -> None:
    while message:
        message = message[os.write(pipe, message) :]


def _reader(pipe: int) -> Callable[[], dict[str, Any]]:
    """A function that gives the next message."""
    held = bytearray()

    def receive() -> dict[str, Any]:
        end = time.monotonic() + PATIENCE
        while b"\0" not in held:
            if not select.select([pipe], [], [], max(end - time.monotonic(), 0))[0]:
                raise BrowserError(f"no answer within {PATIENCE:.0f} seconds")
            if not (some := os.read(pipe, 1 << 16)):
                raise BrowserError("the browser ended")
            held.extend(some)
        message, _, rest = bytes(held).partition(b"\0")
        held[:] = rest
        return dict(json.loads(message))

    return receive
