"""The schema files themselves: sound, described, self-contained where they are handed out, of one mind."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from jsonschema import Draft202012Validator

from reconciler.model import Json
from reconciler.spec import schema, schema_files, source, violations

FOLDER = Path(__file__).parents[2] / "schemas" / "v1"
NAMES = sorted(path.stem for path in FOLDER.glob("*.json"))
CASES = Path(__file__).parent / "cases" / "schema"
HANDED_OUT = [
    *schema.kinds(), "spec", "workspace", "pins", "plan", "run", "diagnostics", "rules", "explain", "apps", "doctor",
    "guide", "drift",
]  # fmt: skip


def nodes(value: Json) -> Iterator[dict[str, Any]]:
    if isinstance(value, dict):
        yield value
    for inner in value.values() if isinstance(value, dict) else value if isinstance(value, list) else ():
        yield from nodes(inner)


def documents() -> Iterator[Json]:
    """Every document of the cases, valid or not, that says its version and a known kind."""
    for path in sorted(CASES.glob("*/*.yaml")):
        for document in source.load(path.name, path.read_bytes())[0]:
            case: Any = document.value
            if "case" not in case:
                yield case
            elif "kind" in case:
                yield {
                    "apiVersion": schema.API_VERSION,
                    "kind": case["kind"],
                    "metadata": {"name": "a"},
                    "spec": case["spec"],
                }


def test_the_files_are_found() -> None:
    assert schema_files.folder() == FOLDER
    assert {"common", *HANDED_OUT} - set(schema.kinds()) <= set(NAMES)
    assert list(schema.kinds()) == [
        "AppAssignment",
        "AssignmentFilter",
        "Audience",
        "AuthenticatorAssignment",
        "CompliancePolicyAssignment",
        "EnrollmentPriority",
        "EnrollmentProfile",
        "JitSsoPolicy",
        "Waiver",
        "WebClip",
    ]


def test_in_the_wheel_they_stand_in_the_package(tmp_path: Path) -> None:
    package = tmp_path / "reconciler"
    assert schema_files.located(package) == tmp_path / "schemas" / "v1"
    (package / "schemas" / "v1").mkdir(parents=True)
    assert schema_files.located(package) == package / "schemas" / "v1"


@pytest.mark.parametrize("name", NAMES)
def test_a_file_is_a_sound_schema(name: str) -> None:
    loaded = schema_files.read(name)
    Draft202012Validator.check_schema(loaded)
    assert loaded["$schema"] == "https://json-schema.org/draft/2020-12/schema"
    assert loaded["$id"] == f"https://intune.reconciler/schemas/v1/{name}.json"
    assert loaded["title"]


@pytest.mark.parametrize("kind", schema.kinds())
def test_a_kind_says_its_own_name(kind: str) -> None:
    loaded: Any = schema_files.read(schema_files.kinds()[kind])
    assert loaded["properties"]["kind"]["const"] == loaded["title"] == kind


@pytest.mark.parametrize("name", [*schema_files.kinds().values(), "workspace", "pins"])
def test_every_field_is_described_and_every_mapping_is_closed(name: str) -> None:
    def walk(node: Any, at: str) -> Iterator[str]:
        for field, inner in node.get("properties", {}).items():
            if inner.get("not") is None and not (inner.get("description") and inner.get("title")):
                yield f"{at}/{field}"
            yield from walk(inner, f"{at}/{field}")
        if node.get("type") == "object" and "additionalProperties" not in node:
            yield f"{at} is open"
        inner = node.get("items"), node.get("additionalProperties"), *node.get("anyOf", ())
        for part in inner:
            yield from walk(part, at) if isinstance(part, dict) else ()

    assert list(walk(schema_files.inlined(name), "")) == []


@pytest.mark.parametrize("name", NAMES)
def test_words_beside_a_reference_change_no_meaning(name: str) -> None:
    """Inlining lets what stands beside a reference win, so that may only be words, or what the target leaves open."""
    for node in nodes(schema_files.read(name)):
        assert set(node) <= {"$ref", "title", "description", "default"} or "$ref" not in node


@pytest.mark.parametrize("name", NAMES)
def test_every_keyword_has_words(name: str) -> None:
    def keywords(node: Any) -> Iterator[str]:
        yield from node
        for part in ("items", "additionalProperties", "propertyNames", "if", "then", "else"):
            yield from keywords(node[part]) if isinstance(node.get(part), dict) else ()
        for inner in [*node.get("properties", {}).values(), *node.get("anyOf", ()), *node.get("allOf", ())]:
            yield from keywords(inner)

    passing_on = {"properties", "items", "propertyNames", "if", "allOf", "$schema", "$id", "$defs"}
    used = set(keywords(schema_files.inlined(name))) & set(Draft202012Validator.VALIDATORS)
    assert used - passing_on <= set(violations.WORDS)


@pytest.mark.parametrize("name", HANDED_OUT)
def test_what_is_handed_out_stands_on_its_own(name: str) -> None:
    handed_out = json.loads(schema.schema_text(name))
    for node in nodes(handed_out):
        target: Any = handed_out
        for part in node.get("$ref", "#/").strip("#/").split("/") if "$ref" in node else ():
            target = target[part]
        assert node.get("$ref", "#").startswith("#")
    Draft202012Validator.check_schema(handed_out)


@pytest.mark.parametrize("name", ["common", "jit-sso-policy", "NoKind", ""])
def test_nothing_else_is_handed_out(name: str) -> None:
    with pytest.raises(KeyError):
        schema.schema_text(name)


def test_the_union_is_what_the_kinds_make() -> None:
    """If this fails, run `reconciler schema spec > schemas/v1/spec.json`."""
    assert (FOLDER / "spec.json").read_text(encoding="utf-8") == schema.schema_text("spec")


def test_all_forms_of_a_schema_judge_alike() -> None:
    """The union that editors use, the bundle of a kind, and the validator of `check`, which knows formats besides."""
    union = Draft202012Validator(json.loads(schema.schema_text("spec")))
    bundles = {kind: Draft202012Validator(json.loads(schema.schema_text(kind))) for kind in schema.kinds()}
    verdicts = []
    for value in documents():
        assert isinstance(value, dict)
        kind = str(value["kind"])
        found = [message for _, message in schema.check_value(schema_files.kinds()[kind], value)]
        beyond = [message for message in found if message.endswith("is not a date") or "number 1.0" in message]
        verdict = found == beyond
        assert union.is_valid(value) == bundles[kind].is_valid(value) == verdict
        verdicts.append(verdict)
    assert verdicts.count(True) > 10
    assert verdicts.count(False) > 10


def test_shared_parts_of_documents_are_the_same() -> None:
    """Workspace, plan, run and diagnostics stand on their own: what they share is written out, and must not drift."""
    parts: dict[str, Json] = {}
    for name in ("common", "workspace", "plan", "run", "diagnostics"):
        definitions: Any = schema_files.read(name).get("$defs", {})
        for part in {"diagnostic", "count", "instant", "name", "guid"} & set(definitions):
            bare = {key: value for key, value in definitions[part].items() if key not in {"title", "description"}}
            assert parts.setdefault(part, bare) == bare
