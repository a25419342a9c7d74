"""Reads what Intune says of single devices: their apps and policies. For one person, and for the counts of a tenant."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import date

from ..doctor.counts import Counts, count, is_counted
from ..doctor.model import Answer, Evidence, required, targets
from ..doctor.person import install_states
from ..doctor.sources import CATALOG, DEVICE_POLICIES, DEVICES, FEATURES, STATES, STORE_APPS, VPP_APPS
from ..facts import App, SsoPolicy
from ..graph.client import Graph
from ..live import Live, quote_id
from ..model import JsonObject
from .answers import read_items, read_lists

POLICIES = "/beta/deviceManagement/managedDevices/{}/deviceConfigurationStates"
_APPS = "/beta/users/{}/mobileAppIntentAndStates"
MOST = 1000
"""Of so many devices at most the states are asked for: each takes a request or two of its own."""


async def read_counts(graph: Graph, evidence: Evidence, *, since: date) -> Counts:
    """The numbers of a tenant. Raises `GraphError`."""
    answer = evidence.answers[DEVICES.key]
    devices = [live.body for live in answer.objects if is_counted(live.body, since)]
    policies, copies = _policies(evidence), _copies(evidence)
    if len(devices) > MOST:
        policies = copies = f"more than {MOST} devices enrolled since then: take a later date"
    return count(
        answer,
        since,
        policies=policies,
        applied={} if isinstance(policies, str) else await policy_states(graph, devices),
        copies=copies,
        apps={} if isinstance(copies, str) else await app_states(graph, devices, copies),
    )


def _policies(evidence: Evidence) -> list[tuple[Live, SsoPolicy]] | str:
    """The assigned policies with the extension of Entra, in both encodings; text: why they are not known."""
    found: list[tuple[Live, SsoPolicy]] = []
    for key in (FEATURES, CATALOG):
        answer = evidence.answers[key]
        if answer.problem:
            return answer.problem.message
        shown = [(live, fact) for live, fact in evidence.facts[key] if isinstance(fact, SsoPolicy)]
        found += [(live, fact) for live, fact in shown if fact.extension == "entra" and targets(live)]
    return found or "no policy with the SSO extension is assigned"


def _copies(evidence: Evidence) -> frozenset[str] | str:
    """The ids, in lower case, of the required copies of Authenticator; text: why they are not known."""
    found: set[str] = set()
    for key in (STORE_APPS, VPP_APPS):
        answer = evidence.answers[key]
        if answer.problem:
            return answer.problem.message
        apps = [live for live, fact in evidence.facts[key] if isinstance(fact, App) and fact.authenticator]
        found |= {live.id.casefold() for live in apps if required(live)}
    return frozenset(found) or "Authenticator is required for nobody"


async def policy_states(graph: Graph, devices: Iterable[JsonObject]) -> dict[str, Answer]:
    """The states of the policies on each device, by its id."""
    ids = [str(device.get("id") or "") for device in devices]
    answers = await read_lists(graph, [(POLICIES.format(quote_id(each)), DEVICE_POLICIES) for each in ids])
    return dict(zip(ids, answers, strict=True))


async def app_states(graph: Graph, devices: Sequence[JsonObject], copies: frozenset[str]) -> Mapping[str, Answer]:
    """The states of the apps on each device, by its id.

    The list of a person is documented; what is known to be read in practice is its item for each device, by the
    device's id. So a device that the list says nothing of, as far as these apps go, is asked about by its own.
    """
    people = sorted({str(device.get("userId") or "") for device in devices} - {""})
    lists = await read_lists(graph, [(_APPS.format(quote_id(each)), STATES) for each in people])
    of_person = dict(zip(people, lists, strict=True))
    found = {str(d.get("id") or ""): of_person.get(str(d.get("userId") or ""), Answer()) for d in devices}
    silent = [d for d in devices if d.get("userId") and _says_nothing(d, found[str(d.get("id") or "")], copies)]
    paths = [f"{_APPS.format(quote_id(str(d['userId'])))}/{quote_id(str(d.get('id') or ''))}" for d in silent]
    for device, answer in zip(silent, await read_items(graph, paths, STATES), strict=True):
        found[str(device.get("id") or "")] = answer
    return found


def _says_nothing(device: JsonObject, answer: Answer, copies: frozenset[str]) -> bool:
    return not answer.problem and not install_states(device, (live.body for live in answer.objects), copies)
