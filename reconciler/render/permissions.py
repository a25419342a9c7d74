"""Permissions as text for people, and as commands of the Azure CLI that grant them.

Called by `cli.permissions` and by `identities`.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from ..model import JsonObject
from .members import objects, raw
from .safe import safe
from .style import Style, pad, page, wrap

GRAPH_APP = "00000003-0000-0000-c000-000000000000"
"""Microsoft Graph, as an application: the same id in every tenant (Microsoft Graph permissions reference)."""


def text(document: JsonObject, *, style: Style) -> str:
    """What to grant for each sort of run, with what it is for; then what makes a run say more."""
    why = objects(document, "why")
    always = [need for need in why if not raw(need, "onlyIf")]
    lines = [f"Microsoft Graph permissions for the specs of tenant {safe(raw(document, 'tenant'))}"]
    every: set[str] = set()
    shown = {"plan": "To plan", "apply": "To apply", "doctor": "To run doctor", "explain": "To run explain"}
    for purpose, heading in shown.items():
        granted = _texts(document, purpose)
        every |= {*granted}
        wanted = [need for need in always if purpose in _texts(need, "for")]
        lines += ["", style.paint(heading, "bold")]
        lines += _table([(name, _uses(name, wanted, granted)) for name in granted], style)
    more = [need for need in why if raw(need, "onlyIf") and not set(_texts(need, "anyOf")) & every]
    if more:
        lines += ["", style.paint("Only in some runs", "bold")]
        lines += _table([(raw(n, "permission"), [f"{raw(n, 'why')}, if {raw(n, 'onlyIf')}"]) for n in more], style)
    return page(lines)


def _texts(document: JsonObject, member: str) -> list[str]:
    found = document.get(member)
    return [each for each in found if isinstance(each, str)] if isinstance(found, list) else []


def _uses(name: str, needs: Iterable[JsonObject], granted: Sequence[str]) -> list[str]:
    """What a granted permission is for: of those that would do, the first that is granted is named."""
    return [
        raw(need, "why")
        for need in needs
        if next((each for each in _texts(need, "anyOf") if each in granted), None) == name
    ]


def _table(rows: Sequence[tuple[str, list[str]]], style: Style) -> list[str]:
    width = max((len(safe(name)) for name, _ in rows), default=0)
    lines: list[str] = []
    for name, uses in rows:
        margin = f"  {pad(safe(name), width)}  "
        for use in uses or [""]:
            lines += wrap(safe(use), width=style.width, first=margin, rest=" " * len(margin))
            margin = " " * len(margin)
    return lines


def az_commands(names: Sequence[str], *, purpose: str, graph: str) -> str:
    """A POSIX shell script that grants these application permissions, and does nothing about those already granted."""
    return f"""\
# Grants what it takes to {purpose}. Run it as an administrator who may consent to application permissions.
: "${{CLIENT_ID:?set it to the application (client) id of the app registration or managed identity}}"
set -eu
{GRANT.format(graph=graph, app=GRAPH_APP)}\
principal=$(az ad sp show --id "$CLIENT_ID" --query id --output tsv)
{grants(names)}"""


def grants(names: Sequence[str]) -> str:
    """One line for each permission, for the `principal` that was set before."""
    return "".join(f"grant {name}\n" for name in names)


GRANT = """\
graph=$(az ad sp show --id {app} --query id --output tsv)
grant() {{
  role=$(az ad sp show --id {app} --output tsv \\
    --query "appRoles[?value=='$1' && contains(allowedMemberTypes, 'Application')].id")
  test -n "$role" || {{ echo "Microsoft Graph has no application permission $1" >&2; return 1; }}
  assignments="https://{graph}/v1.0/servicePrincipals/$principal/appRoleAssignments"
  held=$(az rest --method GET --url "$assignments" --query "value[?appRoleId=='$role'].id" --output tsv)
  test -z "$held" || {{ echo "$1 is granted already"; return 0; }}
  az rest --method POST --url "$assignments" --output none \\
    --body "{{\\"principalId\\": \\"$principal\\", \\"resourceId\\": \\"$graph\\", \\"appRoleId\\": \\"$role\\"}}"
  echo "$1 granted"
}}
"""
"""A function of the shell that grants `principal` an application permission.

App role assignments, because they suit app registrations and managed identities alike and grant nothing else: an admin
consent would grant all that a registration has ever asked for. The tenant is asked for the id of each permission by its
name. Source: "Grant an appRoleAssignment to a service principal" (Microsoft Graph reference).
"""
