"""What every operation of the service works with: one value per request."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from .clock import graph_date
from .contract.schema import Contract
from .knobs import Knobs
from .membership import Membership
from .tenant import Tenant


class ContractViolationError(Exception):
    """The emulator was about to send what Microsoft's contract does not allow: its own defect."""


@dataclass(frozen=True, slots=True)
class Context:
    """`base` is scheme, host and port of the server as the client addressed it; `check`: judge every answer."""

    tenant: Tenant
    knobs: Knobs
    book: Contract
    now: datetime
    base: str
    check: bool
    membership: Membership

    @property
    def stamp(self) -> str:
        """The instant as the service writes it into objects."""
        return graph_date(self.now, self.knobs.timestamps)
