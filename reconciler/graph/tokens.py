"""The token of one connection: kept while it is good, fetched in a thread when it is not.

The credentials of azure-identity block, some of them for minutes (a browser, a device code), so they run in a daemon
thread: an interrupted run does not wait for them. `transport` gives this object to Microsoft's authentication provider
as its credential.
"""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable
from typing import Protocol

from .errors import GraphError, SignInFailed

EARLY = 300.0
"""Seconds before its end at which a token counts as used up."""


class Token(Protocol):
    """What azure-identity calls an `AccessToken`."""

    @property
    def token(self) -> str: ...
    @property
    def expires_on(self) -> int:
        """Seconds since 1970."""
        ...


class Credential(Protocol):
    """One way to sign in. Blocks; raises `SignInFailed`."""

    def fetch(self, scope: str, claims: str | None, *, renew: bool) -> Token:
        """A token. `renew` asks for another one than was given before, where that takes no person."""
        ...

    def close(self) -> None:
        """Give up what it holds."""
        ...


class TokenSource:
    """A credential with a memory. `now` gives seconds since 1970."""

    def __init__(self, credential: Credential, scope: str, *, now: Callable[[], float]) -> None:
        self._credential = credential
        self._scope = scope
        self._now = now
        self._token: Token | None = None
        self._turn = asyncio.Lock()

    @property
    def secrets(self) -> tuple[str, ...]:
        """What must never be shown."""
        return (self._token.token,) if self._token else ()

    async def get_token(self, *_scopes: str, **_options: object) -> Token:
        """The token to use now. The name and the arguments are those of azure-core's credentials."""
        async with self._turn:
            if self._token is None or self._token.expires_on - self._now() < EARLY:
                self._token = await self._fetch(None, renew=False)
            return self._token

    async def renew(self, rejected: str, claims: str | None) -> bool:
        """Replace a token that the service rejected; whether there is another one now.

        `claims` is the service's challenge (continuous access evaluation), decoded.
        """
        async with self._turn:
            if self._token is not None and self._token.token != rejected:
                return True
            self._token = await self._fetch(claims, renew=True)
            return self._token.token != rejected

    def close(self) -> None:
        """Forget the token and let go of the credential."""
        self._token = None
        self._credential.close()

    async def _fetch(self, claims: str | None, *, renew: bool) -> Token:
        token = await in_thread(lambda: self._credential.fetch(self._scope, claims, renew=renew))
        if not token.token:
            raise SignInFailed("signing in gave an empty token")
        return token


async def in_thread(call: Callable[[], Token]) -> Token:
    """Run a blocking call in a daemon thread; when this task is cancelled, its result is dropped."""
    loop = asyncio.get_running_loop()
    done: asyncio.Future[Token] = loop.create_future()

    def settle(token: Token | None, error: GraphError | None) -> None:
        if done.cancelled():
            return
        if error is not None:
            done.set_exception(error)
        elif token is not None:
            done.set_result(token)

    def run() -> None:
        token: Token | None = None
        error: GraphError | None = None
        try:
            token = call()
        except GraphError as failed:
            error = failed
        except Exception as failed:  # noqa: BLE001 - any error of a foreign credential is a failed sign-in, or the task hangs
            error = SignInFailed(f"signing in failed: {type(failed).__name__}")
        try:
            loop.call_soon_threadsafe(settle, token, error)
        except RuntimeError:
            return  # the loop is closed: nobody waits any more

    threading.Thread(target=run, name="sign-in", daemon=True).start()
    return await done
