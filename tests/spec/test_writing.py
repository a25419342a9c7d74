"""Laws of what `import` writes: it reads back as the same value, and `fmt` has nothing to change in it."""

from __future__ import annotations

from hypothesis import example, given, settings
from hypothesis import strategies as st
from test_source_laws import values

from reconciler.model import Json
from reconciler.spec.source import load
from reconciler.spec.style import formatted
from reconciler.spec.writing import document

quick = settings(deadline=None, max_examples=25, database=None)
WORDS = st.sampled_from(
    ["no", "1.0", "0x12", "2026-11-22", "~", "-", "", " a", "a ", "a: b", "a #b", "#a", "a,b", "[a]", "{{X}}", "it's",
     "two\nlines", "two\n\n  lines", "ends\n", "\ttab", "(a -eq \"b\")", "12:30", "<<", "=", "x:", "ä", "-1", "@a", "%",
     "a\r\nb", "a'b\"c\\", "https://a.example/?b=c#d", "*a", "&a", "!a", "|", ">", "null", "True", "e: {f}, [g]"]
)  # fmt: skip
SPECS = st.dictionaries(
    st.sampled_from(["displayName", "description", "appBundleIds", "assignments", "rule", "x"]) | WORDS.filter(bool),
    values | WORDS | st.lists(WORDS | st.dictionaries(WORDS.filter(bool), WORDS, max_size=3), max_size=4),
    max_size=5,
)


@quick
@given(SPECS)
@example({"description": "first line\nsecond", "appBundleIds": ["a", "no"]})
def test_it_reads_back_and_is_formatted(spec: dict[str, Json]) -> None:
    value: dict[str, Json] = {"apiVersion": "intune.reconciler/v1", "kind": "JitSsoPolicy"}
    value |= {"metadata": {"name": "a"}, "spec": dict(spec)}
    text = document(value, ("a remark",))
    (read,), findings = load("a.yaml", text.encode())
    assert findings == []
    assert read.value == value
    assert formatted(text, "a.yaml") == text


def test_what_readers_refuse_is_refused_there_too() -> None:
    value: dict[str, Json] = {"apiVersion": "v", "kind": "JitSsoPolicy", "metadata": {}}
    text = document({**value, "spec": {"displayName": "a\u202eb", "description": "c\x00\nd"}})
    assert text.replace("\n", "").isprintable()
    assert {finding.rule for finding in load("a.yaml", text.encode())[1]} == {"YAML103"}
