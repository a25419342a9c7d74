"""`report` as an auditor meets it: over a tenant with three runs, an edit beside them, waivers and other exceptions."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

import pytest

from reconciler.emulator import Emulator, Knobs
from tests.e2e.command import Folder

POLICIES = "deviceManagement/deviceConfigurations"
DAY = "2026-03-01"
WAIVERS = """
apiVersion: intune.reconciler/v1
kind: Waiver
metadata: {name: by-hand}
spec:
  {address: JitSsoPolicy/jit, path: /description, value: By hand,
   owner: endpoint team, reason: CHG-9, expires: "2026-12-31"}
---
apiVersion: intune.reconciler/v1
kind: Waiver
metadata: {name: over}
spec:
  {address: JitSsoPolicy/pilots, path: /displayName, value: Else,
   owner: endpoint team, reason: CHG-8, expires: "2026-02-01"}
"""
EVE = "eve@contoso.example"


def edit(folder: Folder, words: str = "By hand") -> None:
    """Somebody changes the description of a policy in the portal."""
    tenant = Emulator(state=folder.path / ".reconciler/sandbox.json", clock=folder.time.now)
    tenant.start()
    [found] = [each for each in tenant.objects(POLICIES) if each["displayName"] == "SSO"]
    description = str(found["description"])
    tenant.put(POLICIES, {**found, "description": words + description[description.index("\n") :]}, by=EVE)
    tenant.stop()


def served(folder: Folder, **knobs: Any) -> Emulator:
    """The same tenant, served with knobs."""
    state = json.loads((folder.path / ".reconciler/sandbox.json").read_bytes())
    emulator = Emulator(seed=state, knobs=Knobs(**knobs), clock=folder.time.now)
    emulator.start()
    folder.serve(emulator)
    return emulator


def test_what_is_managed_by_which_runs(folder: Folder) -> None:
    said = folder("report", "--format", "json")
    document = said.valid("report")
    assert (said.code, document["complete"], document["unknown"]) == (0, True, [])
    first, *_ = [each for each in document["managed"] if each["address"] == "JitSsoPolicy/jit"]
    assert first["state"] == "as-specified"
    assert first["firstRun"]["at"] < first["lastRun"]["at"]
    assert [each["changeRef"] for each in document["runs"]] == ["CHG-three", "CHG-two", "CHG-one"]
    assert (document["breaks"], document["events"]) == ([], None)
    assert document["specs"]["commit"]
    assert document["specs"]["dirty"] is False
    assert "actor" not in document["runs"][0]
    assert folder("report", "--format", "json").out == said.out
    assert "actor" in folder("report", "--format", "json", "--with-actors").document["runs"][0]


def test_every_exception_is_in_one_list(folder: Folder) -> None:
    folder.write("specs/waivers.yaml", WAIVERS)
    edit(folder)
    document = folder("report", "--format", "json").valid("report")
    shown = [(each["sort"], each["name"], each["state"]) for each in document["exceptions"]]
    assert shown == [
        ("waiver", "Waiver/over", "expired"),
        ("waiver", "Waiver/by-hand", "holds"),
        ("rule", "JIT522", "holds"),
        ("provided", "compliance", "holds"),
    ]
    assert document["summary"]["expired"] == 1
    states = {each["address"]: each["state"] for each in document["managed"]}
    assert states == {"JitSsoPolicy/jit": "waived", "JitSsoPolicy/pilots": "as-specified"}, "tolerated is not equal"
    assert (document["summary"]["asSpecified"], document["summary"]["waived"]) == (1, 1)
    assert "2 objects managed, 1 as specified, 1 but for waivers" in " ".join(folder("report").out.split())
    assert {each["reason"] for each in document["exceptions"]} >= {"CHG-9", "our first app is Outlook"}
    for form in ("text", "markdown", "html"):
        said = folder("report", "--format", form).out
        assert all(each["reason"] in said for each in document["exceptions"]), form


def test_a_change_beside_the_runs(folder: Folder) -> None:
    edit(folder, "Changed & <b>bold</b>")
    document = folder("report", "--since", DAY, "--format", "json").valid("report")
    events = document["events"]
    assert events["summary"] == {"request": 5, "window": 0, "unclear": 0, "outside": 1, "unnamed": 0}
    assert [each["events"] for each in events["byRun"]].count(1) == 2
    [found] = events["beside"]
    assert (found["match"], found["actor"]["kind"]) == ("outside", "person")
    assert found["objects"][0]["properties"] == ["description"]
    for form in ("text", "markdown", "html"):
        said = folder("report", "--since", DAY, "--format", form)
        assert (said.code, EVE in said.out) == (0, False)
    named = folder("report", "--since", DAY, "--with-actors").out
    assert EVE in named
    assert "made outside of all runs" in " ".join(named.split())


def test_the_period(folder: Folder) -> None:
    folder.time.seconds += 2 * 86400
    edit(folder)
    folder.time.seconds += 86400
    counts = {
        (DAY,): (5, 1, False),
        (DAY, "2026-03-02"): (5, 0, False),
        ("2026-03-02",): (0, 1, False),
        ("2026-03-04",): (0, 0, False),
    }
    for days, expected in counts.items():
        until = ["--until", days[1]] if len(days) > 1 else []
        events = folder("report", "--since", days[0], *until, "--format", "json").valid("report")["events"]
        summary = events["summary"]
        fresh = events["fresh"] and len(days) > 1
        assert (summary["request"], summary["outside"], fresh) == expected, days
    wrong = folder("report", "--until", DAY)
    assert (wrong.code, "--until goes with --since" in wrong.err) == (64, True)
    assert folder("report", "--since", "2026-03-04", "--until", DAY).code == 64
    ahead = folder("report", "--since", "2026-03-05", "--until", "2026-03-06")
    assert (ahead.code, "it is 2026-03-04 in UTC" in ahead.err) == (64, True)


@pytest.mark.parametrize(
    ("knobs", "counts", "silent"),
    [
        ({"page_size": 2}, {"request": 5, "outside": 1}, 0),
        ({"audit_log": "empty"}, {}, 3),
    ],
)
def test_a_log_of_many_pages_or_none(
    folder: Folder, knobs: dict[str, Any], counts: dict[str, int], silent: int
) -> None:
    edit(folder)
    with served(folder, **knobs):
        events = folder("report", "--since", DAY, "--format", "json").valid("report")["events"]
    assert {key: value for key, value in events["summary"].items() if value} == counts
    assert len(events["silent"]) == silent


LOGS: dict[str, tuple[dict[str, Any], dict[str, int]]] = {
    "with ids of its own": ({"audit_correlation": "service"}, {"request": 0, "window": 2, "outside": 1}),
    "naming several objects": ({"audit_objects": "several"}, {"request": 2, "outside": 1}),
    "naming no object": ({"audit_objects": "unnamed"}, {"request": 2, "unnamed": 1}),
}


@pytest.mark.parametrize("log", LOGS)
def test_however_the_log_is_kept(folder: Folder, log: str) -> None:
    """What cannot be told apart is never taken for the run's own, and never left out."""
    knobs, counts = LOGS[log]
    with served(folder, **knobs) as emulator:
        text = (folder.path / "specs/all.yaml").read_text("utf-8").replace("three", "four").replace("pilots}", "few}")
        folder.write("specs/all.yaml", text.replace("name: few", "name: pilots"))
        assert folder("apply", "--yes").code == 0
        folder.time.seconds += 3600
        [found] = [each for each in emulator.objects(POLICIES) if each["displayName"] == "SSO"]
        emulator.put(POLICIES, {**found, "displayName": "SSO 2"}, by=EVE)
        folder.time.seconds += 86400
        said = folder("report", "--since", DAY, "--format", "json")
    summary = said.valid("report")["events"]["summary"]
    shown = {key: value for key, value in summary.items() if value}
    shown["request"] -= 5  # those of the earlier runs, by which their actor is known
    assert shown == counts


def test_what_is_not_known_is_told(folder: Folder) -> None:
    with served(folder, audit_log="403") as emulator:
        said = folder("report", "--since", DAY)
        assert (said.code, "takes DeviceManagementApps.Read.All" in " ".join(said.out.split())) == (4, True)
        document = folder("report", "--since", DAY, "--format", "json").valid("report")
        assert (document["complete"], document["events"]["complete"]) == (False, False)
        emulator.knobs = replace(emulator.knobs, audit_log="readable", granted="DeviceManagementApps.Read.All")
        said = folder("report", "--format", "json")
        document = said.valid("report")
        assert (said.code, document["complete"], document["coverage"]) == (4, False, None)
        for form in ("text", "markdown", "html"):
            assert "could not be read to its end" in " ".join(folder("report", "--format", form).out.split())


def test_a_period_before_the_log_and_a_broken_record(folder: Folder, runs: list[str]) -> None:
    (folder.path / runs[1]).write_bytes((folder.path / runs[1]).read_bytes().replace(b"CHG-two", b"CHG-2wo"))
    said = folder("report", "--since", "2025-02-01", "--format", "json")
    document = said.valid("report")
    assert said.code == 4
    told = " ".join(document["unknown"])
    assert "changed after it was written" in told
    assert "keeps events for a year" in told
    assert [each["why"] for each in document["breaks"]] == ["missing"]


def test_files(folder: Folder) -> None:
    written = (("a.html", "html"), ("a.md", "markdown"), ("a.txt", "text"), ("a.data", "json"))
    for name, form in (*written, written[0], written[3]):  # the later are written over the earlier
        assert folder("report", "--format", form, "--out", name).code == 0, name
    page = (folder.path / "a.html").read_text("utf-8")
    assert "Content-Security-Policy" in page
    assert "src=" not in page
    said = folder("report", "--out", "reconciler.yaml")
    assert (said.code, "is not a report" in said.err) == (64, True)
    assert folder("report", "--runs", "nowhere").code == 3
    (folder.path / "empty").mkdir()
    assert folder("report", "--runs", "empty", "--format", "json").document["runs"] == []
