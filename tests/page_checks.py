"""What is asked of a plan's page in a browser: each check is a name and a function from a tab to its complaints.

A check opens nothing: the page is there, at the size of a phone, in light. Used by `make look` and by one test.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from itertools import islice
from typing import Any

from .browser import Tab

PHONE, DESKTOP = (390, 844), (1280, 900)
LOADED, FILTERED = 1.0, 0.25
"""Seconds of processor time: all scripts while a page of 1,000 changes opens; one filter with the layout after it."""

_VISIBLE = """
const visible = (e) => e.checkVisibility({contentVisibilityAuto: false, visibilityProperty: true});
"""
_CONTRAST = (
    _VISIBLE
    + """
const parts = (color) => color.match(/[\\d.]+/g).map(Number);
const luminance = ([r, g, b]) => {
  const [x, y, z] = [r, g, b].map((v) => (v /= 255) <= 0.04045 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4);
  return 0.2126 * x + 0.7152 * y + 0.0722 * z;
};
const ground = (e) => {
  for (; e; e = e.parentElement) {
    const color = parts(getComputedStyle(e).backgroundColor);
    if (color.length < 4 || color[3] > 0) return color;
  }
  return [255, 255, 255];
};
const poor = new Map();
const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
while (walker.nextNode()) {
  const e = walker.currentNode.parentElement;
  if (!walker.currentNode.data.trim() || e.closest("script,style,.unseen") || !visible(e)) continue;
  const [light, dark] = [luminance(parts(getComputedStyle(e).color)), luminance(ground(e))].sort((a, b) => b - a);
  const ratio = (light + 0.05) / (dark + 0.05);
  if (ratio < 4.5) poor.set(`${e.tagName}.${e.className} ${ratio.toFixed(2)}`, walker.currentNode.data.slice(0, 40));
}
return [...poor].map((pair) => pair.join(": "));
"""
)
_TICK = """
const boxes = [...document.querySelectorAll('.filters input[type=checkbox]')];
for (const box of boxes) box.checked = box.name === NAME && box.value === VALUE;
boxes[0].dispatchEvent(new Event('input', {bubbles: true}));
"""
_COUNTED = (
    _VISIBLE
    + """
const items = [...document.querySelectorAll('[data-item]')];
return {shown: items.filter(visible).length, all: items.length, told: document.querySelector('output').value,
  fitting: items.filter((e) => NAME === '' || (e.dataset[NAME] || '').split(' ').includes(VALUE)).length};
"""
)
_SEARCH = """
const search = document.querySelector('.filters input[type=search]');
const started = performance.now();
search.value = TEXT;
search.dispatchEvent(new Event('input', {bubbles: true}));
document.body.offsetHeight;
return performance.now() - started;
"""


@dataclass(frozen=True, slots=True)
class Check:
    """One thing that is asked."""

    name: str
    complaints: Callable[[Tab], list[str]]


def run(tab: Tab, body: str, **values: str) -> Any:
    """What the body of a function returns in the page."""
    for name, value in values.items():
        body = body.replace(name, repr(value))
    return tab.evaluate(f"(() => {{ {body} }})()")


def quiet(tab: Tab) -> list[str]:
    """Nothing logged, nothing thrown, nothing asked for."""
    return tab.complaints()


def fits(tab: Tab) -> list[str]:
    """The page is no wider than the screen."""
    wide, screen = tab.evaluate("[document.documentElement.scrollWidth, innerWidth]")
    return [f"{wide} pixels wide on a screen of {screen}"] if wide > screen else []


def contrasts(tab: Tab) -> list[str]:
    """WCAG 2.2, 1.4.3: 4.5 to 1 for every text on what is computed to be behind it, in both schemes."""
    found = []
    for dark in (False, True):
        tab.show_as(*PHONE, dark=dark)
        found += [f"{'dark' if dark else 'light'}: {each}" for each in run(tab, _CONTRAST)]
    tab.show_as(*PHONE)
    return found


def filters(tab: Tab) -> list[str]:
    """A ticked box leaves what it names, and the count says so; without any, all but what is unchanged."""
    boxes = tab.evaluate("[...document.querySelectorAll('.filters input[type=checkbox]')].map(b => [b.name, b.value])")
    found = [] if len(boxes) > 3 else ["there are no filters"]
    for name, value in boxes:
        run(tab, _TICK, NAME=name, VALUE=value)
        counted = run(tab, _COUNTED, NAME=name, VALUE=value)
        resting = 0 if (name, value) == ("action", "no-op") or name == "action" else _resting(tab, name, value)
        if counted["shown"] != counted["fitting"] - resting or not counted["shown"]:
            found.append(f"{name}={value}: {counted}, of which {resting} unchanged")
        found += [] if counted["told"] == f"{counted['shown']} of {counted['all']} shown" else [str(counted)]
    run(tab, _TICK, NAME="", VALUE="")
    return found


def _resting(tab: Tab, name: str, value: str) -> int:
    select = f'[data-action="no-op"][data-{name}~="{value}"]'
    return int(tab.evaluate(f"document.querySelectorAll('{select}').length"))


def searches(tab: Tab) -> list[str]:
    """`/` goes to the search, typing narrows, nothing that fits is said to be nothing, Escape clears."""
    tab.press("/", 191)
    if tab.evaluate("document.activeElement.type") != "search":
        return ["/ does not lead to the search"]
    for character in "zzzz":
        tab.press(character, ord(character.upper()))
    found = []
    none = run(tab, _COUNTED, NAME="", VALUE="")
    if none["shown"] or not tab.evaluate("document.querySelector('[data-empty]').checkVisibility()"):
        found.append(f"what nothing fits: {none}")
    tab.press("Escape", 27)
    again = run(tab, _COUNTED, NAME="", VALUE="")
    return found if again["shown"] else [*found, f"after Escape: {again}"]


_STOP = """
const e = document.activeElement;
if (e === document.body) return null;
const drawn = e.matches('.chip input') ? e.nextElementSibling : e;
const style = getComputedStyle(drawn), box = drawn.getBoundingClientRect();
const bar = document.querySelector('.filters .bar');
const under = bar && !bar.contains(e) && bar.getBoundingClientRect().bottom > box.top + 1 &&
  bar.getBoundingClientRect().top <= 1;
return {tag: e.tagName, text: (e.getAttribute('aria-label') || e.textContent || e.value || '').trim().slice(0, 60),
  outlined: style.outlineStyle !== 'none' && parseFloat(style.outlineWidth) >= 1,
  seen: box.bottom > 0 && box.top < innerHeight && box.width > 1 && box.height > 1, under: !!under};
"""
_MOST_STOPS = 400


def walks(tab: Tab) -> list[str]:
    """By the tab key from the top to the end and back: every stop is named, outlined, and seen.

    WCAG 2.2, 2.4.7 and 2.4.11: nothing hides it, such as the bar of the filters, below which it comes on the way back.
    Asked first, because the browser goes on from where the last key was.
    """
    stops = [*_stops(tab, back=False)]
    returned = [*islice(_stops(tab, back=True), len(stops))]
    usable = "a[href],button,input,summary,[tabindex='0']"
    every = run(tab, f"{_VISIBLE} return [...document.querySelectorAll(`{usable}`)].filter(visible).length")
    poor = [s for s in (*stops, *returned) if s["under"] or not (s["text"] and s["outlined"] and s["seen"])]
    found = [] if len(stops) == every else [f"{len(stops)} stops of {every}"]
    found += [] if [s["text"] for s in stops] == [s["text"] for s in reversed(returned)] else ["another way back"]
    found += [] if stops and stops[0]["text"] == "Skip to the content" else [f"the first stop is {stops[:1]}"]
    return [*found, *map(str, poor[:20])]


def _stops(tab: Tab, *, back: bool) -> Iterator[dict[str, Any]]:
    for _ in range(_MOST_STOPS):
        tab.press("Tab", 9, shift=back)
        if (stop := run(tab, _STOP)) is None:
            return
        yield stop


def acts(tab: Tab) -> list[str]:
    """Enter folds what it is on, and unfolds it; the space bar ticks a box."""
    found = []
    tab.evaluate("document.querySelector('.change > summary').focus()")
    for expected in (False, True):
        tab.press("Enter", 13)
        if tab.evaluate("document.querySelector('.change').open") is not expected:
            found.append(f"Enter leaves a change {'folded' if expected else 'unfolded'}")
    tab.evaluate("document.querySelector('.chip input').focus()")
    for expected in (True, False):
        tab.press(" ", 32)
        if tab.evaluate("document.querySelector('.chip input').checked") is not expected:
            found.append("the space bar does not tick a box")
    return found


def named(tab: Tab) -> list[str]:
    """What a screen reader is told: landmarks, and a name for whatever can be used."""
    nodes = tab.call("Accessibility.getFullAXTree")["nodes"]
    used = [n for n in nodes if not n.get("ignored") and n.get("role", {}).get("value")]
    roles = {n["role"]["value"] for n in used}
    wanted = {"main", "navigation", "search", "banner", "heading", "columnheader", "rowheader", "status"}
    usable = {"link", "button", "checkbox", "searchbox", "DisclosureTriangle"}
    nameless = [n["role"]["value"] for n in used if n["role"]["value"] in usable and not n.get("name", {}).get("value")]
    return [f"no {role}" for role in sorted(wanted - roles)] + [f"a {role} without a name" for role in nameless]


def prints(tab: Tab) -> list[str]:
    """On paper everything is there: what filters hide, and what is folded; filters are not."""
    tab.evaluate("[...document.querySelectorAll('details')].slice(0, 5).forEach(e => e.open = false)")
    tab.show_as(*PHONE, media="print")
    hidden = run(
        tab,
        _VISIBLE
        + "return [...document.querySelectorAll('[data-item],[data-item] pre')].filter(e => !visible(e)).length",
    )
    form = run(tab, _VISIBLE + "return [...document.querySelectorAll('.filters .bar')].filter(visible).length")
    tab.show_as(*PHONE)
    tab.evaluate("[...document.querySelectorAll('.change')].forEach(e => e.open = true)")
    return [f"{hidden} parts are not printed"] * bool(hidden) + ["the filters are printed"] * bool(form)


CHECKS = tuple(
    Check(check.__name__, check) for check in (quiet, fits, walks, acts, filters, searches, named, prints, contrasts)
)


def without_scripts(tab: Tab) -> list[str]:
    """Where no script runs, nothing is hidden and no filter pretends to work. The page is opened anew."""
    counted = run(
        tab,
        _VISIBLE + "return [document.querySelectorAll('[data-item]').length, "
        "[...document.querySelectorAll('[data-item]')].filter(visible).length, "
        "[...document.querySelectorAll('.filters .bar')].filter(visible).length]",
    )
    return [] if counted[0] == counted[1] and not counted[2] else [f"items, visible ones, forms: {counted}"]


def speed(tab: Tab) -> dict[str, float]:
    """Seconds: scripts until the page was there, the first search with its layout, a later one, and a filter."""
    loaded = tab.measured()["ScriptDuration"]
    first, later = (run(tab, _SEARCH, TEXT=text) / 1000 for text in ("department7", "app19"))
    cleared = run(tab, _SEARCH, TEXT="") / 1000
    return {"loaded": loaded, "first search": first, "search": later, "cleared": cleared}


def too_slow(seconds: dict[str, float]) -> list[str]:
    """What is beyond the bounds."""
    return [
        f"{name}: {value:.3f} s, at most {bound} s are allowed"
        for name, value in seconds.items()
        if value > (bound := LOADED if name == "loaded" else FILTERED)
    ]
