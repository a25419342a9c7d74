"""A small client for the API of the host that runs the pipelines; nothing beyond Python is needed.

The token goes to the API's own address and nowhere else: redirects, as to where artifacts are stored, do not get it.
"""

from __future__ import annotations

import http.client
import io
import json
import os
import re
import sys
import urllib.error
import urllib.request
import zipfile
import zlib
from collections.abc import Callable, Iterator
from typing import Any
from urllib.parse import urlsplit

PAGE = 100
DEADLINE = 60
MOST = 64 << 20
LONGEST = 65_536
"""Characters of a comment, where hosts take no more."""
MARKER = re.compile("<!-- reconciler[^>]*-->")


class Failed(Exception):
    """What the pipeline's log is to say."""


class Denied(Failed):
    """The token of the job may not do it (401, 403)."""


class Api:
    """The API below one address, with the token of the job."""

    def __init__(self, base: str, **headers: str) -> None:
        if urlsplit(base).scheme != "https" and urlsplit(base).hostname not in ("127.0.0.1", "localhost"):
            raise Failed(f"{base} is not https")
        self._base = base.rstrip("/")
        self._headers = headers

    def read(self, path: str) -> bytes:
        """What a GET gives."""
        return self._send("GET", path, None)

    def get(self, path: str) -> Any:
        """What a GET gives, as JSON."""
        return _json(self.read(path))

    def send(self, method: str, path: str, body: Any, kind: str = "application/json") -> Any:
        """Sends JSON, or another type that is written as JSON, and gives the answer."""
        return _json(self._send(method, path, json.dumps(body).encode(), kind) or b"null")

    def pages(self, path: str) -> Iterator[Any]:
        """Every entry of a list that comes in pages."""
        number, joint = 1, "&" if "?" in path else "?"
        while True:
            found = self.get(f"{path}{joint}per_page={PAGE}&page={number}")
            yield from found
            if len(found) < PAGE:
                return
            number += 1

    def _send(self, method: str, path: str, body: bytes | None, kind: str = "") -> bytes:
        request = urllib.request.Request(self._base + path, data=body, method=method)
        request.add_header("Accept", "application/json")
        request.add_header("User-Agent", "reconciler-pipeline")
        if body is not None:
            request.add_header("Content-Type", kind)
        for name, value in self._headers.items():
            request.add_unredirected_header(name.replace("_", "-"), value)
        try:
            with urllib.request.urlopen(request, timeout=DEADLINE) as answer:
                data: bytes = answer.read(MOST)
                return data
        except urllib.error.HTTPError as error:
            said = error.read(500).decode("utf-8", "replace")
            why = Denied if error.code in (401, 403) else Failed
            raise why(f"{method} {path.partition('?')[0]} answered {error.code}: {said}") from None
        except (OSError, http.client.HTTPException) as error:
            raise Failed(f"{method} {path.partition('?')[0]} failed: {type(error).__name__}: {error}") from None


def _json(data: bytes) -> Any:
    try:
        return json.loads(data)
    except ValueError:
        raise Failed("the answer is not JSON: is something between this job and the API?") from None


def text(path: str) -> tuple[str, str]:
    """A Markdown document of reconciler, and the hidden marker in its first line, by which it is found again."""
    with open(path, encoding="utf-8") as file:
        body = file.read()
    found = MARKER.search(_first_line(body))
    if not found:
        raise Failed(f"{path} has no marker of reconciler in its first line")
    return body, found.group()


def said_of(name: str) -> str:
    """What the host says in a variable. One that is not there is told."""
    if value := os.environ.get(name):
        return value
    raise Failed(f"{name} is not set")


def of_commit(body: str, commit: str, run: str) -> str:
    """The document, and below its first line which commit it is about: a later one may not have got this far."""
    first, _, rest = body.partition("\n")
    told = f"{first}\n\nOf commit {commit[:12]}, by [this run]({run}).\n{rest}"
    return told if len(told) <= LONGEST else body


def is_ours(body: Any, marker: str) -> bool:
    """Whether a comment or an issue is the one with this marker."""
    return isinstance(body, str) and marker in _first_line(body)


def _first_line(body: str) -> str:
    return body.lstrip().partition("\n")[0]


def save(archive: bytes, wanted: str, out: str) -> None:
    """One file of an artifact, which is a zip file."""
    try:
        with zipfile.ZipFile(io.BytesIO(archive)) as files:
            name = next((each for each in files.namelist() if each.rpartition("/")[2] == wanted), None)
            if name is None or files.getinfo(name).file_size > MOST:
                raise Failed(f"the artifact holds no {wanted}")
            data = files.read(name)
    except (zipfile.BadZipFile, zlib.error, NotImplementedError, RuntimeError):
        raise Failed("the artifact is no zip file that can be read") from None
    with open(out, "wb") as file:
        file.write(data)


def tell(message: str) -> None:
    """A line for the log."""
    print(message, file=sys.stderr)


def run(commands: dict[str, Callable[..., None]], usage: str | None) -> None:
    """The command that the arguments name. Ends the process with 0, 1, or 64 for wrong usage."""
    name, *arguments = sys.argv[1:] or [""]
    if name not in commands or len(arguments) != commands[name].__code__.co_argcount:
        sys.exit(f"{usage}" if usage else 64)
    try:
        commands[name](*arguments)
    except Failed as failed:
        sys.exit(f"{sys.argv[0]}: {failed}")
