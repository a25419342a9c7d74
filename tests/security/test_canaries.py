"""No token, secret or signed address is ever shown, logged, stored or handed on, whatever a command meets.

Every command of the command line runs with canaries for all secrets that there are, at the most talkative log level,
against a Graph that works and against ones that throw back what they were sent. A command that is not in the table
fails the first test.
"""

from __future__ import annotations

import json
import logging
import os
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs

import pytest

from reconciler.emulator import Emulator
from reconciler.graph.wording import LIMIT, redacted
from reconciler.workspace import EMULATOR_TENANT_ID
from tests.docs_parts import commands
from tests.e2e import scenario
from tests.e2e.command import Folder, prepare
from tests.e2e.test_process import COMMAND, _announced, environment
from tests.graph.harness import jwt
from tests.graph.scripted import Says, Seen, Server

from .impostor import ENTRA, Asked, Impostor, Reply, client_certificate, discovery

MARK = "c4n4ry"
"""In every secret, and nowhere else."""
TENANT = "5e5c2b6f-6a3e-4a8f-9d53-2c3c0f8f4f10"
CLIENT = "2b1d7f0e-9d53-4a8f-8c0f-6a3e5e5c2b6f"
OPAQUE = f"opaque-{MARK}-token-0001"
SECRETS = {
    "RECONCILER_ACCESS_TOKEN": OPAQUE,
    "AZURE_CLIENT_SECRET": f"secret~{MARK}.0002_x",
    "AZURE_CLIENT_CERTIFICATE_PASSWORD": f"password {MARK} 0003",
    "ACTIONS_ID_TOKEN_REQUEST_TOKEN": f"github-{MARK}-0004",
    "SYSTEM_ACCESSTOKEN": f"azure-pipelines-{MARK}-0005",
}
"""Every variable that holds a secret."""
SIGNED = f"https://store.blob.example/c/app?sv=2023-11-03&se=2026-01-01&sr=b&sig={MARK}%2B0006%3D"
ASSERTION = jwt(sub="repo:contoso/intune", jti=f"{MARK}-0007").replace(".c2ln", f".{MARK}0007")

COMMANDS: dict[str, tuple[str, ...]] = {
    "validate": ("validate", "validate --format json", "validate nothing.yaml"),
    "plan": (
        "plan --full --color always",
        "plan --format json --out saved.json",
        "plan --count-people",
        "plan --prune",
    ),
    "show": ("show saved.json --full", "show saved.json --format json", "show specs"),
    "import": ("import --dry-run", "import --dry-run --format json", "import --out imported --even-if-invalid"),
    "pin": ("pin --check", "pin", "pin --format json"),
    "apply": (
        "apply",
        "apply --dry-run",
        "apply --dry-run --format json",
        "apply --plan saved.json --yes --record record.json",
        "apply --plan saved.json --yes --format json",
        "apply --yes --format json",
        "apply --yes",
    ),
    "release": ("release JitSsoPolicy/jit --dry-run", "release JitSsoPolicy/jit --yes --format json"),
    "drift": ("drift", "drift --format json", "drift --accept * --dry-run"),
    "verify": ("verify record.json", "verify record.json --format json", "verify saved.json"),
    "evidence": ("evidence record.json --out evidence.zip", "evidence record.json --audit --format json"),
    "report": ("report --since 2026-01-01 --format json", "report --with-actors --format html"),
    "rollback": ("rollback record.json --out back.json", "rollback record.json --format json"),
    "permissions": ("permissions", "permissions --format json", "permissions --az apply"),
    "apps": ("apps", "apps --format json", "apps --format markdown"),
    "doctor": ("doctor", "doctor --format json", "doctor --user ann@contoso.example --format markdown"),
    "explain": (
        "explain",
        "explain --format json",
        "explain --group Executives --format markdown",
        "explain --user ann@contoso.example",
        "explain JIT115",
    ),
    "init": ("init made --host github", "init made --format json"),
    "fmt": ("fmt --check --diff", "fmt --format json"),
    "completion": ("completion bash",),
    "compare": ("compare HEAD", "compare HEAD --format json"),
    "snapshot": ("snapshot --out snapshot.json", "snapshot --out snapshot.json --format json"),
    "rules": ("rules", "rules --format json", "rules --format markdown"),
    "guide": ("guide --format html --out guide.html", "guide --format json", "guide --admin"),
    "schema": ("schema", "schema plan"),
    "kinds": ("kinds", "kinds --format json"),
    "emulator": ("emulator --knob nothing=1", "emulator --seed nothing.json"),
}
"""How each command is called, in this order; what needs a process of its own is below."""

OFFLINE = {
    "init", "fmt", "completion", "compare", "validate", "show", "verify", "permissions", "rules", "guide", "schema",
    "kinds", "emulator",
}  # fmt: skip
EVERY = [line for name, lines in COMMANDS.items() if name in commands() for line in lines]
ONLINE = [line for name, lines in COMMANDS.items() if name in commands().keys() - OFFLINE for line in lines[:3]]


def test_every_command_is_in_the_table() -> None:
    assert set(commands()) - set(COMMANDS) == set()


@pytest.fixture
def place(folder: Folder, caplog: pytest.LogCaptureFixture) -> Folder:
    """The scenario, with every secret in the environment and every logger listening."""
    for name, value in SECRETS.items():
        folder.environment.setenv(name, value)
    caplog.set_level(logging.DEBUG)
    for name in ("azure", "azure.identity", "msal", "httpx", "httpcore", "urllib3"):
        caplog.set_level(logging.DEBUG, name)  # as in a new process: the product itself has to quieten them
    return folder


@contextmanager
def programs_started() -> Iterator[list[str]]:
    """The arguments of every program that is started meanwhile, with its environment where it is one of ours."""
    seen: list[str] = []
    _LISTENERS.append(seen)
    try:
        yield seen
    finally:
        _LISTENERS.remove(seen)


_LISTENERS: list[list[str]] = []
OURS = {"git"}
"""Programs that we start ourselves: they get nothing of our environment that is a secret. Libraries ask `uname`."""


def _listen(event: str, details: tuple[Any, ...]) -> None:
    if event == "subprocess.Popen" and _LISTENERS:
        program, arguments, _, given = details
        ours = dict(os.environ if given is None else given) if program in OURS else None
        _LISTENERS[-1].append(repr((arguments, ours)))


sys.addaudithook(_listen)


def run_all(lines: Sequence[str], folder: Folder, caplog: pytest.LogCaptureFixture) -> list[int]:
    """These commands, one after another. The exit codes; fails where anything holds a canary."""
    codes = []
    with programs_started() as started:
        for number, line in enumerate(lines):
            form = ("text", "json")[number % 2]
            said = folder(*line.split(), "--log-level", "debug", "--log-format", form)
            codes.append(said.code)
            assert MARK not in said.out + said.err, line
    logged = [f"{record.getMessage()} {record.__dict__}" for record in caplog.records]
    assert logged
    assert [text for text in logged if MARK in text] == []
    assert [program for program in started if MARK in program] == []
    assert leaks(folder.path) == []
    return codes


def leaks(folder: Path) -> list[str]:
    """The files below a folder that hold a canary, in their content or in their name."""
    files = [path for path in sorted(folder.rglob("*")) if path.is_file()]
    return [str(p) for p in files if MARK in str(p.relative_to(folder)) or MARK.encode() in p.read_bytes()]


# -- every command, against servers that work and that do not ----------------------------------------------------------


def test_invariant_41_against_a_graph_that_works(
    place: Folder, graph: Emulator, caplog: pytest.LogCaptureFixture
) -> None:
    place.environment.setenv("RECONCILER_ACCESS_TOKEN", OPAQUE)
    codes = run_all(EVERY, place, caplog)
    assert {0, 2, 4} <= set(codes), "the commands were meant to do something"
    assert graph.writes
    assert MARK not in repr(graph.log)
    assert list((place.path / ".reconciler").rglob("*.json")), "no record was looked at"


def test_against_nobody(place: Folder, caplog: pytest.LogCaptureFixture) -> None:
    place.environment.setenv("RECONCILER_GRAPH_URL", "http://127.0.0.1:9")
    run_all(ONLINE, place, caplog)


def echo(status: int) -> Callable[[Seen], Says]:
    """A server, or a proxy before it, that throws back what it was sent, in every place that a client looks at."""

    def answer(seen: Seen) -> Says:
        if "/organization" in seen.target:
            return Says(200, {"value": [{"id": EMULATOR_TENANT_ID}]})
        token = seen.headers["authorization"]
        told = f"{token} {token.partition(' ')[2]} {SIGNED} client_secret={MARK} client_assertion={ASSERTION} "
        told += f'{{"access_token": "{MARK}", "refresh_token":"{MARK}"}} '
        told += "x" * max(0, LIMIT - 12 - len(told)) + token.partition(" ")[2]  # cut off in the middle
        body = {"error": {"code": token, "message": told, "innerError": {"code": token, "request-id": token}}}
        headers = {"request-id": token, "client-request-id": token, "WWW-Authenticate": f'Bearer realm="{token}"'}
        return Says(status, body, {**headers, "Location": SIGNED, "X-Echo": token})

    return answer


@pytest.mark.parametrize(("nth", "status"), list(enumerate([302, 401, 403, 500])))
def test_against_a_server_that_throws_back(
    nth: int, status: int, place: Folder, caplog: pytest.LogCaptureFixture
) -> None:
    """Each command meets one of them, and `plan` all: what they do with an error of Graph is one piece of code."""
    with Server(by=echo(status)) as server:
        place.environment.setenv("RECONCILER_GRAPH_URL", server.url)
        codes = run_all(["plan", *ONLINE[nth::4]], place, caplog)
    assert any(OPAQUE in seen.headers["authorization"] for seen in server.seen)
    assert 1 in codes or 4 in codes


def test_against_a_server_that_throws_back_a_page(place: Folder, caplog: pytest.LogCaptureFixture) -> None:
    def page(seen: Seen) -> Says:
        if "/organization" in seen.target:
            return Says(200, {"value": [{"id": EMULATOR_TENANT_ID}]})
        return Says(200, f"<html>{dict(seen.headers)} {SIGNED}</html>".encode(), kind="text/html")

    with Server(by=page) as server:
        place.environment.setenv("RECONCILER_GRAPH_URL", server.url)
        run_all(["plan", *ONLINE[1::2]], place, caplog)


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("said opaque-c4n4ry-token-0001.", "said [secret]."),
        ("said opaque-c4n4ry-tok… (request-id 1)", "said [secret]… (request-id 1)"),
        ("said opaque-c4n4ry", "said [secret]"),
        ("said opaque", "said opaque"),
        ("eyJ0eXAiOiJKV1QiLCJhbGciOi…", "[token]…"),
        ("grant_type=x&client_secret=a~b.c&y=1", "grant_type=x&client_secret=[secret]&y=1"),
        ('{"refresh_token" : "0.AX", "ok": 1}', '{"refresh_token" : "[secret]", "ok": 1}'),
        ("https://a.example/c?se=2026&sig=ab%2Bc%3D&sp=r", "https://a.example/c?se=2026&sig=[secret]&sp=r"),
        ("the significance of a signature: none", "the significance of a signature: none"),
    ],
)
def test_what_is_taken_out_of_foreign_text(text: str, shown: str) -> None:
    assert redacted(text, [OPAQUE]) == shown


# -- every way to sign in ----------------------------------------------------------------------------------------------

METHODS = ("client-secret", "certificate", "workload-identity from a file", "… from GitHub", "… from Azure Pipelines")


@pytest.fixture
def entra(place: Folder) -> Iterator[Impostor]:
    """Entra and Graph as an impostor; the workspace points at the tenant that it plays."""
    (place.path / "net").mkdir()
    with Impostor(place.path / "net", refusing) as impostor:
        for name, value in impostor.environment.items():
            place.environment.setenv(name, value)
        yield impostor


def refusing(asked: Asked) -> Reply:
    """Entra refuses, and names what it was sent."""
    if found := discovery(asked):
        return found
    sent = {name: values[0] for name, values in parse_qs(asked.body).items()}
    held = [f"{name}={value}" for name, value in sent.items() if "secret" in name or "assertion" in name]
    assert held, "there is no secret to throw back"
    told = f"AADSTS7000215: Invalid client. {' '.join(held)} {list(sent.values())} {asked.body}"
    return Reply(401, {"error": "invalid_client", "error_description": told}, {"X-Echo": asked.body[:900]})


def signed_in(asked: Asked) -> Reply:
    """Entra gives a token, and Graph throws it back."""
    if asked.host == ENTRA:
        token = jwt(tid=TENANT, roles=["Directory.ReadWrite.All"], jti=MARK).replace(".c2ln", f".{MARK}")
        return discovery(asked) or Reply(200, {"access_token": token, "expires_in": 3600, "token_type": "Bearer"}, {})
    token = asked.headers["authorization"]
    return Reply(403, {"error": {"code": "Forbidden", "message": token}}, {"request-id": token})


def sign_in_with(folder: Folder, method: str, server: Server) -> None:
    """A workspace and an environment for this way to sign in."""
    name = "workload-identity" if method not in METHODS[:2] else method
    auth = f"{{method: {name}, clientId: {CLIENT}}}"
    tenant = f"production: {{tenantId: {TENANT}, auth: {auth}}}"
    text = (folder.path / "reconciler.yaml").read_text("utf-8")
    folder.write("reconciler.yaml", text.replace("sandbox: {graph", f"{tenant}\n  sandbox: {{graph"))
    setting = folder.environment.setenv
    for variable in ("GITHUB_ACTIONS", "ACTIONS_ID_TOKEN_REQUEST_URL", "SYSTEM_OIDCREQUESTURI"):
        folder.environment.delenv(variable, raising=False)
    if method == "certificate":
        password = SECRETS["AZURE_CLIENT_CERTIFICATE_PASSWORD"]
        setting("AZURE_CLIENT_CERTIFICATE_PATH", str(client_certificate(folder.path / "net", password)))
    elif method == METHODS[2]:
        folder.path.with_name("assertion").write_text(ASSERTION, "utf-8")
        setting("AZURE_FEDERATED_TOKEN_FILE", str(folder.path.with_name("assertion")))
    elif method == METHODS[3]:
        setting("ACTIONS_ID_TOKEN_REQUEST_URL", f"{server.url}/github?x=1")
    elif method == METHODS[4]:
        setting("SYSTEM_OIDCREQUESTURI", f"{server.url}/azure")
        setting("AZURESUBSCRIPTION_SERVICE_CONNECTION_ID", "connection")


def runner(seen: Seen) -> Says:
    """What gives a job the token that it proves itself with."""
    assert MARK in seen.headers["authorization"]
    return Says(200, {"value": ASSERTION, "oidcToken": ASSERTION})


def check_sign_in(folder: Folder, caplog: pytest.LogCaptureFixture) -> str:
    """What `plan` says when signing in, or what follows, is refused."""
    with programs_started() as started:
        said = folder("plan", "--tenant", "production", "--log-level", "debug")
    shown = said.out + said.err
    assert MARK not in shown + repr([f"{r.getMessage()} {r.__dict__}" for r in caplog.records]) + repr(started)
    assert said.code in (1, 4)
    assert leaks(folder.path) == []
    return shown


@pytest.mark.parametrize("method", METHODS)
def test_a_sign_in_that_is_refused(
    method: str, place: Folder, entra: Impostor, caplog: pytest.LogCaptureFixture
) -> None:
    with Server(by=runner) as server:
        sign_in_with(place, method, server)
        shown = check_sign_in(place, caplog)
    assert "sign-in failed" in shown
    assert "AADSTS7000215" in shown
    assert any("client_secret" in asked.body or "client_assertion" in asked.body for asked in entra.seen)


@pytest.mark.parametrize("method", METHODS)
def test_a_sign_in_whose_token_is_thrown_back(
    method: str, place: Folder, entra: Impostor, caplog: pytest.LogCaptureFixture
) -> None:
    entra.script = signed_in
    with Server(by=runner) as server:
        sign_in_with(place, method, server)
        check_sign_in(place, caplog)
    assert [asked for asked in entra.seen if asked.host != ENTRA and MARK in asked.headers["authorization"]]


@pytest.mark.parametrize("method", METHODS[3:])
def test_a_runner_that_throws_back(
    method: str, place: Folder, entra: Impostor, caplog: pytest.LogCaptureFixture
) -> None:
    with Server(by=lambda seen: Says(400, {"message": dict(seen.headers)}, {"X-Echo": "x"})) as server:
        sign_in_with(place, method, server)
        assert "gave no identity token" in check_sign_in(place, caplog)


# -- processes ---------------------------------------------------------------------------------------------------------


def command_lines() -> list[str]:
    """The command lines of all processes that may be seen."""
    found = []
    for entry in Path("/proc").glob("[0-9]*"):
        try:
            found.append((entry / "cmdline").read_bytes().decode("utf-8", "replace"))
        except OSError:  # gone meanwhile
            continue
    return found


@pytest.mark.skipif(not Path("/proc/self/cmdline").exists(), reason="there is no /proc")
def test_no_process_list_shows_a_secret(tmp_path: Path) -> None:
    """The embedded Graph and an apply against it as processes: looked at all the while."""
    prepare(tmp_path)
    surroundings = environment(**SECRETS)
    serve = [
        *COMMAND,
        "emulator",
        "--seed",
        "tenant.json",
        "--latency",
        "0.01",
        "--format",
        "json",
        "--log",
        "log.jsonl",
    ]
    server = subprocess.Popen(serve, cwd=tmp_path, env=surroundings, stdout=subprocess.PIPE, text=True)
    assert server.stdout is not None
    with server.stdout:
        address = _announced(server.stdout)
        arguments = [*COMMAND, "apply", "--yes", "--log-level", "debug", "--record", "record.json"]
        seen: list[str] = []
        with (tmp_path / "said").open("wb") as said:
            surroundings["RECONCILER_GRAPH_URL"] = address
            apply = subprocess.Popen(arguments, cwd=tmp_path, env=surroundings, stdout=said, stderr=said)
            while apply.poll() is None:
                seen += command_lines()
                time.sleep(0.1)
        server.terminate()
        rest = server.stdout.read()
    assert (apply.returncode, server.wait(10)) == (0, 0)
    assert any("record.json" in line for line in seen), "the process was never seen"
    assert MARK not in rest + "".join(seen)
    assert json.loads((tmp_path / "record.json").read_bytes())["outcome"] == "applied"
    assert (tmp_path / "log.jsonl").stat().st_size > 1000
    assert leaks(tmp_path) == []


def test_the_mark_is_in_every_secret_and_in_no_file(tmp_path: Path) -> None:
    prepare(tmp_path)
    assert all(MARK in value for value in [*SECRETS.values(), SIGNED, ASSERTION])
    assert leaks(tmp_path) == []
    (tmp_path / "leak").write_text(SIGNED, "utf-8")
    assert leaks(tmp_path) != []
    assert scenario.SPECS.find(MARK) == -1
