"""Rules to render: one of each sort, beside what the registry holds."""

from __future__ import annotations

from typing import Any

SPECS = "apiVersion: intune.reconciler/v1\nkind: JitSsoPolicy\nmetadata: {name: ios}\nspec:\n  displayName: "
PAGE = {"title": "Set up just-in-time registration", "url": "https://learn.microsoft.com/mem/intune/enrollment/jit"}


def rule(number: int, title: str, **more: Any) -> dict[str, Any]:
    made = {
        "id": f"JIT{number}", "title": title, "chapter": "SSO policy", "severity": "error", "setTo": None,
        "reason": None, "fixed": None, "decided": ["offline", "live"], "decidedBy": "rules", "reportedAs": [],
        "notDecidable": None, "says": "The key is required.", "source": PAGE,
    }  # fmt: skip
    return {**made, **more}


PADDED = rule(115, "A key or a value has white space at its ends, which nobody sees in the portal, and nothing works.")
SET = rule(203, "A bundle id has no dot.", severity="warning", setTo="none", reason="ours have none", chapter="Apps")
RULES = (
    rule(101, "The platform is another one.", decided=["offline"], decidedBy="the schema", reportedAs=["SCHEMA112"]),
    PADDED,
    SET,
    rule(601, "The certificate has expired.", decided=["live"], decidedBy="doctor", chapter="Tenant"),
    rule(706, "Hosts are not reached.", severity="info", decided=[], decidedBy=None, chapter="Tenant", source=None,
         notDecidable="Graph does not tell"),
)  # fmt: skip


def listed() -> dict[str, Any]:
    """The document of `rules`."""
    return {"formatVersion": 1, "workspace": True, "rules": [dict(each) for each in RULES]}


def explained(chosen: dict[str, Any] = PADDED, **more: Any) -> dict[str, Any]:
    """The document of `explain RULE`."""
    example = {"breaks": f'{SPECS}"iOS "\n', "message": 'the name "iOS " ends in U+0020', "help": 'write "iOS"',
               "right": f"{SPECS}iOS\n"}  # fmt: skip
    return {"formatVersion": 1, "workspace": True, "rule": {**chosen, "example": example, **more}}
