"""A terminal to write to, for what is only said on one."""

from __future__ import annotations

import os
import pty
import sys

_END = "\0"


class Terminal:
    """A terminal that is stderr for as long as the context lasts."""

    def __enter__(self) -> Terminal:
        self._ours, theirs = pty.openpty()
        self._stream = os.fdopen(theirs, "w", encoding="utf-8")
        self._before, sys.stderr = sys.stderr, self._stream
        return self

    def __exit__(self, *_: object) -> None:
        sys.stderr = self._before
        self._stream.close()
        os.close(self._ours)

    def wrote(self) -> bool:
        """Whether anything has been written since the last reading; that counts as one."""
        return self.read() != ""

    def read(self) -> str:
        """What has been written since the last reading, as the terminal got it.

        A terminal hands on what was written little by little: all of it is there once a sign of our own is.
        """
        self._stream.write(_END)
        self._stream.flush()
        held = b""
        while not held.endswith(_END.encode()):
            held += os.read(self._ours, 100_000)
        return held.decode().removesuffix(_END)
