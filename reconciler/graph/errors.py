"""What can go wrong between us and Microsoft Graph. Raised by `graph`, handled by `engine`.

    GraphError
    ├── NotSent           DNS, TCP, TLS, proxy: surely nothing happened
    ├── Refused           4xx: surely not carried out
    │   ├── NotFound      404
    │   ├── Forbidden     403, and the 401 whose inner code says Forbidden
    │   ├── Unauthorized  401, still so with a new token
    │   ├── Conflict      409, 412, 423
    │   ├── ApprovalRequired  a second administrator has to approve it (Multi Admin Approval)
    │   └── Throttled     429, 509, after all the waiting that a run allows
    ├── Interrupted       this run is to end, and the request would have had to wait, or to write: not carried out
    ├── OutcomeUnknown    5xx, time-out, reset, truncated or unreadable answer: it may have been carried out
    ├── IncompleteRead    a list that cannot be proven complete
    ├── SignInFailed      no token to be had
    ├── WrongTenant       the token is for another tenant than the workspace says
    └── UntrustedUrl      a URL that no token may be sent to

The class alone decides what is done about an error; nobody reads meaning out of a message.
"""

# ruff: noqa: N818 - the names say what happened; that they are errors, the base class says

from __future__ import annotations

from .exchange import Exchange


class GraphError(Exception):
    """`message` is for people: readable, bounded, control characters escaped, free of secrets."""

    def __init__(self, message: str, *, exchange: Exchange | None = None, hint: str | None = None) -> None:
        super().__init__(message)
        self.message = message
        self.exchange = exchange
        """The last exchange that led here; None where none took place."""
        self.hint = hint
        """What to do about it, where that is known."""


class NotSent(GraphError):
    """The request never left: surely nothing happened."""


class Refused(GraphError):
    """The service said no: surely not carried out."""

    def __init__(
        self, message: str, *, status: int, code: str | None, exchange: Exchange | None = None, hint: str | None = None
    ) -> None:
        super().__init__(message, exchange=exchange, hint=hint)
        self.status = status
        self.code = code
        """Graph's error code, the innermost that was found."""


class NotFound(Refused):
    """There is no such object, or no longer."""


class Forbidden(Refused):
    """Signed in, but not allowed to."""

    def __init__(
        self,
        message: str,
        *,
        status: int,
        code: str | None,
        scopes: tuple[str, ...] = (),
        exchange: Exchange | None = None,
        hint: str | None = None,
    ) -> None:
        super().__init__(message, status=status, code=code, exchange=exchange, hint=hint)
        self.scopes = scopes
        """The permissions that the message names; any one of them suffices."""


class Unauthorized(Refused):
    """The token is not accepted."""


class Conflict(Refused):
    """The state of the object does not allow it now."""


class ApprovalRequired(Refused):
    """Multi Admin Approval stands before it: not carried out, and never sent again by itself."""

    def __init__(
        self,
        message: str,
        *,
        status: int,
        code: str | None,
        approval_id: str | None,
        missing_justification: bool = False,
        exchange: Exchange | None = None,
        hint: str | None = None,
    ) -> None:
        super().__init__(message, status=status, code=code, exchange=exchange, hint=hint)
        self.approval_id = approval_id
        """The approval request that waits for a second administrator; None where there is none, or it is not named."""
        self.missing_justification = missing_justification
        """Whether nothing was asked for yet, because no justification came with the request."""


class Throttled(Refused):
    """The service asks for a longer wait than this run allows itself."""

    def __init__(
        self,
        message: str,
        *,
        status: int,
        code: str | None,
        resume_after: float,
        exchange: Exchange | None = None,
        hint: str | None = None,
    ) -> None:
        super().__init__(message, status=status, code=code, exchange=exchange, hint=hint)
        self.resume_after = resume_after
        """Seconds to wait before another run is of use."""


class Interrupted(GraphError):
    """This run is to end: what has to wait is not sent, nor is any write. Surely not carried out.

    `exchange` is the one that the service had refused for the time being, where there was one.
    """


class OutcomeUnknown(GraphError):
    """The request went out, and whether it was carried out is not known. Look before sending it again."""


class IncompleteRead(GraphError):
    """A list that cannot be proven complete. It says nothing about what is absent."""


class SignInFailed(GraphError):
    """No token: something is missing, or Microsoft Entra refused."""


class WrongTenant(GraphError):
    """Signed in to another tenant than the one that was asked for."""


class UntrustedUrl(GraphError):
    """A URL outside the one origin that this connection speaks to."""
