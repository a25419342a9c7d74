"""The documentation site: every page has its place in it, and every link in its source leads to a page of it.

`make docs` builds it with Sphinx, which takes every link that leads nowhere for an error; here only what it is made of
is looked at, for Sphinx is not among the requirements of the tests.
"""

from __future__ import annotations

import importlib.util
import re
from pathlib import Path

from reconciler.rules import REGISTRY

ROOT = Path(__file__).resolve().parent.parent


def pages() -> dict[str, str]:
    spec = importlib.util.spec_from_file_location("site_source", ROOT / "docs" / "site" / "source.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return dict(module.pages())


def test_every_page_has_its_place() -> None:
    listed = re.findall(
        r"^([\w/-]+)$", "\n".join(re.findall(r"```{toctree}\n(.*?)```", pages()["index.md"], re.DOTALL)), re.M
    )
    others = {name.removesuffix(".md") for name in pages() if not name.startswith("reference/")} - {"index"}
    assert sorted(listed) == sorted([*others, "reference/index"])


def test_every_rule_is_told() -> None:
    told = "\n".join(text for name, text in pages().items() if name.startswith("reference/"))
    assert [rule for rule in REGISTRY if f"\n## {rule}: " not in f"\n{told}"] == []


def test_links_stay_inside() -> None:
    found = {(name, link) for name, text in pages().items() for link in re.findall(r"\]\(([^)#\s]+)[^)]*\)", text)}
    assert {(n, link) for n, link in found if not link.startswith(("https://", "<")) and link not in pages()} == set()
