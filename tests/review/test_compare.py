"""What a comparison of two states of the specs tells: cases as data, and texts by whoever wrote them."""

from __future__ import annotations

import re
from datetime import date
from pathlib import Path
from typing import Any

import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st

from reconciler.cli.project import check, judge
from reconciler.compare.document import changes_anything, document
from reconciler.compare.model import Side, State
from reconciler.kinds import REGISTRY
from reconciler.render import compare_html, compare_markdown, compare_text
from reconciler.render.style import Style
from reconciler.spec.schema import check_value
from reconciler.workspace import load_workspace

DATA = yaml.safe_load((Path(__file__).parent / "compare/cases.yaml").read_text(encoding="utf-8"))
CASES: dict[str, dict[str, Any]] = DATA["cases"]
API = "intune.reconciler/v1"
TODAY = date(2026, 6, 1)


def merged(one: Any, other: Any) -> Any:
    """Mappings member by member, the other's over the one's."""
    if not (isinstance(one, dict) and isinstance(other, dict)):
        return other
    return {**one, **{key: merged(one.get(key), value) if key in one else value for key, value in other.items()}}


def side(name: str, specs: list[dict[str, Any]], settings: dict[str, Any]) -> Side:
    """A revision with these specs and settings."""
    raw = {"apiVersion": API, "kind": "Workspace", **merged(DATA["base"]["workspace"], settings)}
    workspace, problems = load_workspace(Path("/w/reconciler.yaml"), yaml.safe_dump(raw).encode())
    assert workspace is not None, problems
    text = "---\n".join(yaml.safe_dump(_spec(each), sort_keys=False) for each in specs)
    found = check([("specs/all.yaml", text.encode())])
    tenants = workspace.tenants.values()
    states = {t.name: State(t, judge(found, workspace, t, TODAY).specs) for t in tenants}
    return Side(name, "0" * 40, workspace, states)


def _spec(each: dict[str, Any]) -> dict[str, Any]:
    metadata = {key: each[key] for key in ("name", "labels", "previousNames") if key in each}
    return {"apiVersion": API, "kind": each["kind"], "metadata": metadata, "spec": each["spec"]}


def compared(case: dict[str, Any]) -> Any:
    before = side("one", case.get("before", []), case.get("workspace before", {}))
    after = side("two", case.get("after", []), case.get("workspace after", {}))
    return document(before, after, REGISTRY)


def _by(key: str, listed: list[Any]) -> dict[str, Any]:
    return {each[key]: each for each in listed}


def _winner(side: dict[str, Any]) -> str | None:
    return side["profile"] if side["known"] else "open"


def _holds(expected: dict[str, Any], found: dict[str, Any]) -> None:
    for key, value in expected.items():
        if key == "fields":
            fields = _by("path", found["fields"])
            assert fields.keys() == value.keys()
            for path, each in value.items():
                assert {name: fields[path].get(name) for name in each} == each
        elif key == "says":
            assert set(value) <= set(found["says"])
        else:
            assert found.get(key) == value


@pytest.mark.parametrize("name", CASES)
def test_a_case(name: str) -> None:
    case = CASES[name]
    shown = compared(case)
    assert check_value("compare", shown) == []
    expects = dict(case["expects"])
    group = next(g for g in shown["tenants"] if any(t["name"] == "production" for t in g["tenants"]))
    changes = _by("address", group["changes"])
    if expects.get("changes") == {}:
        assert changes == {}
    for address, expected in expects.pop("changes", {}).items():
        _holds(expected, changes[address])
    for key, held in (("tenant settings", group["settings"]), ("settings", shown["settings"])):
        for path, expected in expects.pop(key, {}).items():
            _holds(expected, _by("path", held)[path])
    _others(expects, shown, group)


def _others(expects: dict[str, Any], shown: Any, group: Any) -> None:
    """What else a case says; nothing that it says is overlooked."""
    order = group["order"] or {"before": [], "after": [], "people": []}
    rules = [each["rule"] for each in shown["findings"]["new"]]
    moves = [[each["who"], _winner(each["before"]), _winner(each["after"])] for each in order["people"]]
    added = {
        tenant["name"]: [c["address"] for c in g["changes"] if c["change"] == "added"]
        for g in shown["tenants"] for tenant in g["tenants"] if tenant["change"] == "added"
    }  # fmt: skip
    summary = {key: shown["summary"][key] for key in expects.get("summary", {})}
    told = {
        "order": group["order"], "people": moves, "ladder": [order["before"], order["after"]], "summary": summary,
        "uncertain": group["uncertain"], "valid": shown["valid"], "added": added,
    }  # fmt: skip
    assert set(expects.pop("new findings", [])) <= set(rules)
    assert set(expects.pop("has new findings", [])) <= set(rules)
    assert not [r for r in rules if r.startswith(tuple(expects.pop("not new findings", ["-"])))]
    assert {key: told[key] for key in expects} == expects


@pytest.mark.parametrize("name", CASES)
def test_nothing_changes_from_a_state_to_itself(name: str) -> None:
    case = CASES[name]
    same = {**case, "after": case.get("before", []), "workspace after": case.get("workspace before", {})}
    shown = compared(same)
    assert not changes_anything(shown)
    assert shown["findings"]["new"] == shown["findings"]["gone"] == []


@pytest.mark.parametrize("name", CASES)
def test_back_is_the_reverse_of_there(name: str) -> None:
    case = CASES[name]
    there, back = compared(case), compared(_turned(case))
    pairs = (("newFindings", "goneFindings"), ("added", "removed"), ("settings", "settings"))
    if all(t["change"] == "kept" for g in there["tenants"] for t in g["tenants"]) and "previousNames" not in str(case):
        assert [there["summary"][a] for a, _ in pairs] == [back["summary"][b] for _, b in pairs]


def _turned(case: dict[str, Any]) -> dict[str, Any]:
    turned = {"before": case.get("after", []), "after": case.get("before", [])}
    settings = {"workspace before": "workspace after", "workspace after": "workspace before"}
    return {**turned, **{new: case.get(old, {}) for new, old in settings.items()}}


HOSTILE = "</summary>\x1b[31m`|<script>alert(1)</script>\n::error::x\n@everyone -->\u202e"


@settings(max_examples=12)
@given(text=st.text(max_size=30).map(lambda t: HOSTILE + t))
def test_hostile_names_stay_text_in_every_form(text: str) -> None:
    """Whatever documents hold, other tools than this one may have written: renderers take any text."""
    case = CASES["a group falls to the next profile"]
    shown = compared(case)
    change = shown["tenants"][0]["changes"][0]
    change.update(displayName=text, address=text, says=[text], file=text)
    change["fields"] = [{"path": f"/{text}", "before": text, "after": {text: text}}]
    shown["tenants"][0]["order"]["after"] = [text]
    shown["settings"] = [{"path": text, "before": None, "after": text, "says": text, "loosens": True}]
    shown["before"]["revision"] = text
    plain = compare_text.compare(shown, style=Style())
    assert "\x1b" not in plain
    assert not any(line.startswith("::") for line in plain.splitlines())
    assert not re.search(r"(?<!\\)<script", _prose(compare_markdown.compare(shown)))
    assert "<script" not in compare_html.compare(shown)


def _prose(markdown: str) -> str:
    """Markdown without its code, where nothing acts."""
    blocks = re.sub(r"^(`{3,})[^`]*\n.*?^\1$", "", markdown, flags=re.MULTILINE | re.DOTALL)
    return re.sub(r"(?<!`)(`+)(?!`).+?(?<!`)\1(?!`)", "", blocks)


def test_a_long_comparison_fits_into_a_comment() -> None:
    shown = compared(CASES["a spec goes"])
    (change,) = shown["tenants"][0]["changes"]
    shown["tenants"][0]["changes"] = [{**change, "address": f"JitSsoPolicy/n{i}"} for i in range(3000)]
    told = compare_markdown.compare(shown)
    assert len(told.encode()) <= 65_536
    shown_here = told.count("JitSsoPolicy/n")
    assert str(3000 - shown_here) in re.findall(r"\d+", told), "what is left out is counted"
    assert told.count("<details>") == told.count("</details>")
