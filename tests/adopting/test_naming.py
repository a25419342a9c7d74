"""Laws of names: DNS labels, one for each object, whatever they are called and in whatever order they come."""

from __future__ import annotations

import re

from hypothesis import given, settings
from hypothesis import strategies as st

from reconciler.adopting.naming import LONGEST, named, slug
from reconciler.marker import ASIDE

LABEL = re.compile(r"[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?")
TITLES = st.text(max_size=80) | st.sampled_from(
    ["BYOD", "byod", "B Y O D", "CON", "com1", "名前", "", "x" * 80, "old-replaced", "ß", "ss"]
)
quick = settings(deadline=None, max_examples=40, database=None)


@quick
@given(titles=st.dictionaries(st.uuids().map(str), TITLES, max_size=6), taken=st.sets(TITLES.map(slug), max_size=3))
def test_each_gets_a_label_of_its_own(titles: dict[str, str], taken: set[str]) -> None:
    given_ = named(titles, namesakes=[*titles.values()], taken=taken, stem="thing")
    assert given_.keys() == titles.keys()
    assert all(LABEL.fullmatch(name) and len(name) <= LONGEST for name in given_.values())
    assert len({*given_.values()}) == len(given_)
    assert not {*given_.values()} & taken
    assert not any(name.endswith(ASIDE) for name in given_.values())
    assert not {*given_.values()} & {"con", "com1"}  # no files on Windows
    backwards = dict(reversed(titles.items()))
    assert named(backwards, namesakes=[*backwards.values()], taken=taken, stem="thing") == given_


def test_a_name_does_not_depend_on_what_has_a_spec_already() -> None:
    both = named({"a": "BYOD", "b": "byod"}, namesakes=["BYOD", "byod"], taken=(), stem="thing")
    later = named({"b": "byod"}, namesakes=["BYOD", "byod"], taken={both["a"]}, stem="thing")
    assert later["b"] == both["b"]
    assert both["a"] != both["b"] != "byod"
