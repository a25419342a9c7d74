"""What the token changes: permissions it lacks, the moment it expires, and what a limited role does not see."""

from __future__ import annotations

import itertools
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import pytest

from reconciler.emulator import Emulator, Fault, Knobs
from reconciler.graph.client import Graph
from reconciler.graph.errors import GraphError, SignInFailed
from reconciler.graph.jwt import identity_of
from reconciler.graph.origin import Origin
from reconciler.graph.pacing import Pacing
from reconciler.graph.sender import Sender
from reconciler.graph.throttle import Throttle
from reconciler.graph.tokens import TokenSource
from reconciler.graph.transport import SdkTransport
from reconciler.run import Outcome, Status
from tests.graph.harness import jwt

from . import scenario
from .command import Folder
from .harness import TENANT, Rehearsal, pending

ALL = "DeviceManagementConfiguration.ReadWrite.All,DeviceManagementApps.ReadWrite.All,GroupMember.Read.All," \
    "DeviceManagementServiceConfig.ReadWrite.All,DeviceManagementRBAC.Read.All,User.Read.All"  # fmt: skip
SPECS = """
apiVersion: intune.reconciler/v1
kind: JitSsoPolicy
metadata: {name: jit}
spec: {displayName: SSO, assignments: {include: [allUsers]}}
---
apiVersion: intune.reconciler/v1
kind: AuthenticatorAssignment
metadata: {name: store}
spec: {app: {source: store, createIfMissing: true}, assignments: {include: [allUsers]}}
---
apiVersion: intune.reconciler/v1
kind: EnrollmentProfile
metadata: {name: web}
spec:
  displayName: Web
  enrollmentType: webBasedDeviceEnrollment
  onboarding: {firstSignInApp: com.microsoft.skype.teams}
  assignments: {include: [allUsers]}
"""


def token(**claims: Any) -> str:
    return jwt(tid=TENANT.tenant_id, appid="11111111-2222-4333-8444-555555555555", **claims)


# -- tokens that expire ------------------------------------------------------------------------------------------------


@dataclass
class Issuer:
    """Gives token-1, token-2, …; `last` is the number after which Entra refuses."""

    last: int | None = None
    given: int = 0

    def fetch(self, scope: str, claims: str | None, *, renew: bool) -> Any:
        from azure.core.credentials import AccessToken

        self.given += 1
        if self.last is not None and self.given > self.last:
            raise SignInFailed("Entra refused")
        return AccessToken(f"token-{self.given}", 1 << 40)

    def close(self) -> None:
        """Holds nothing."""


class Signed(Rehearsal):
    """A rehearsal whose connections get their tokens from an issuer."""

    issuer: Issuer

    async def _connect(self) -> Graph:
        origin, clock = Origin.of(self.emulator.url), self.time.monotonic
        tokens = TokenSource(self.issuer, "scope", now=lambda: self.time.now().timestamp())
        numbers = itertools.count()
        sender = Sender(
            SdkTransport(origin, tokens, connections=4, deadline=30.0),
            tokens,
            Throttle(clock, self.time.sleep, lambda: 0.5, 150.0),
            Pacing(clock=clock, sleep=self.time.sleep),
            concurrency=4,
            new_id=lambda: f"00000000-0000-4000-8000-{next(numbers):012d}",
        )
        return Graph(sender, origin, identity_of(""))


def signed(issuer: Issuer, *, after: int | None = None, **knobs: Any) -> Signed:
    """A stage for `SPECS`; the token expires at the request number `after`, from 0."""
    stage = Signed.of(SPECS, seed={"tenantId": TENANT.tenant_id, "collections": {}}, knobs=knobs)
    stage.issuer = issuer
    if after is not None:
        stage.emulator.fail(Fault(kind="expire", after=after))
    return stage


@pytest.fixture(scope="module")
def length() -> int:
    """Requests of one undisturbed plan and apply."""
    with signed(Issuer()) as stage:
        assert stage.apply().outcome is Outcome.APPLIED
        return len([request for request in stage.emulator.log if not request.inner])


def test_invariant_37_a_token_that_expires_at_any_request_is_renewed_and_the_run_goes_on(length: int) -> None:
    assert length > 20
    for after in range(length):
        with signed(Issuer(), after=after) as stage:
            assert stage.apply().outcome is Outcome.APPLIED, after
            assert after % 4 or pending(stage.plan().plan) == {}, after
            rejected = [request for request in stage.emulator.log if request.status == 401]
            assert 1 <= len(rejected) <= 4, "those under way together"
            keys = {(write.method, write.path, str(write.body)) for write in stage.emulator.writes}
            done = [write for write in stage.emulator.writes if 200 <= write.status < 300]
            assert len(done) == len(keys), "nothing is carried out twice"


def test_tokens_that_are_short_lived_are_renewed_again_and_again() -> None:
    with signed(Issuer(), token_requests=5) as stage:
        assert stage.apply().outcome is Outcome.APPLIED
        assert stage.issuer.given > 4


@pytest.mark.parametrize("part", [0.0, 0.4, 0.6, 0.8, 0.95])
def test_where_there_is_no_new_token_the_run_stops_cleanly_and_the_next_one_goes_on(length: int, part: float) -> None:
    with signed(Issuer(), after=int(length * part)) as stage:
        stage.issuer = Issuer(last=1)
        planned = ran = None
        try:
            planned = stage.plan()
            assert planned.plan.complete or planned.plan.blocked
            if not planned.plan.blocked:
                ran = stage.apply(planned)
        except GraphError as error:
            assert isinstance(error, SignInFailed)  # noqa: PT017 - a plan may end so as well
        if ran is not None:
            assert set(ran.statuses().values()) <= {Status.DONE, Status.FAILED, Status.SKIPPED, Status.UNVERIFIED}
            assert all(result.error for result in ran.results if result.status is not Status.DONE)
        stage.issuer = Issuer(given=10)
        stage.apply()
        assert pending(stage.plan().plan) == {}


def test_a_given_token_that_expires_is_a_clean_stop() -> None:
    with Rehearsal.of(SPECS) as stage:
        planned = stage.plan()
        stage.emulator.fail(Fault(kind="expire", after=8))
        ran = stage.apply(planned)
        assert Status.FAILED in ran.statuses().values()
        failed = next(result for result in ran.results if result.status is Status.FAILED)
        assert "token is expired" in str(failed.error)
        writes = [write.status for write in ran.writes]
        assert writes.count(401) <= 3, "nothing is sent again and again"


# -- permissions -------------------------------------------------------------------------------------------------------

LACKING = {
    "DeviceManagementApps.ReadWrite.All": "AuthenticatorAssignment",
    "DeviceManagementConfiguration.ReadWrite.All": "JitSsoPolicy",
}


@pytest.mark.parametrize("lacking", LACKING)
def test_invariant_38_a_permission_that_is_missing_is_known_before_the_first_write(
    folder: Folder, graph: Emulator, lacking: str
) -> None:
    roles = [role if role != lacking else role.replace("ReadWrite", "Read") for role in ALL.split(",")]
    graph.knobs = Knobs(granted=",".join(roles))
    folder.environment.setenv("RECONCILER_ACCESS_TOKEN", token(roles=roles))
    said = folder("apply", "--yes")
    assert said.code == 4
    assert lacking in said.err
    assert graph.writes == []
    assert folder("plan").code == 0, "planning needs less"


def test_a_token_that_does_not_tell_is_met_by_the_service(folder: Folder, graph: Emulator) -> None:
    graph.knobs = Knobs(granted=ALL.replace("Apps.ReadWrite", "Apps.Read"))
    said = folder("apply", "--yes")
    assert said.code == 5
    assert "DeviceManagementApps.ReadWrite.All" in said.out


@pytest.mark.parametrize("status", [403, 401])
@pytest.mark.parametrize("missing", ["DeviceManagementApps", "DeviceManagementConfiguration", "GroupMember"])
def test_what_may_not_be_read_is_never_taken_for_absent(
    rehearse: Callable[..., Rehearsal], missing: str, status: int
) -> None:
    granted = ",".join(role for role in ALL.split(",") if not role.startswith(missing))
    knobs = {"granted": granted, "forbidden_status": status}
    with rehearse(scenario.SPECS, seed=scenario.seed(), knobs=knobs) as stage:
        planned = stage.plan()
        assert planned.plan.blocked
        assert not planned.plan.complete
        assert len([request for request in stage.emulator.log if request.status == 401]) <= 8, "no loop of renewals"


# -- limited sight -----------------------------------------------------------------------------------------------------


def person(folder: Folder) -> None:
    claims = {"scp": ALL.replace(",", " "), "upn": "eva@contoso.example"}
    folder.environment.setenv("RECONCILER_ACCESS_TOKEN", token(**claims))


def test_a_person_is_told_what_they_may_not_see(folder: Folder, graph: Emulator) -> None:
    person(folder)
    said = folder("plan", "--format", "json")
    found = {d["rule"]: d for d in said.document["diagnostics"] if d["rule"].startswith("PRE")}
    assert found["PRE103"]["severity"] == "warning"
    assert "eva@contoso.example" in found["PRE103"]["message"]
    assert found["PRE104"]["severity"] == "error"
    creates = said.document["summary"]["create"]
    assert f"--expect blindCreates={creates}" in found["PRE104"]["detail"]
    assert folder("apply", "--yes").code == 4
    assert graph.writes == []
    wrong = folder("apply", "--yes", "--expect", f"blindCreates={creates + 1}")
    assert (wrong.code, "was given" in wrong.out + wrong.err, graph.writes) == (4, True, [])
    assert folder("apply", "--yes", "--expect", f"blindCreates={creates}").code == 0
    assert folder("plan", "--detailed-exitcode").code == 0


def test_what_a_limited_role_does_not_see_would_be_made_again(folder: Folder, graph: Emulator) -> None:
    """Why the consent: the policy is there, with our marker, out of sight."""
    assert folder("apply", "--yes").code == 0
    graph.knobs = Knobs(visible_scope_tags="7")
    person(folder)
    before = len(graph.objects(scenario.CONFIGURATIONS))
    said = folder("apply", "--yes")
    assert said.code == 4
    assert "blindCreates" in said.out + said.err
    assert len(graph.objects(scenario.CONFIGURATIONS)) == before


def test_an_application_is_told_nothing_of_it(folder: Folder, graph: Emulator) -> None:
    folder.environment.setenv("RECONCILER_ACCESS_TOKEN", token(roles=ALL.split(",")))
    assert "PRE10" not in folder("plan", "--format", "json").out
