"""The text property of an object that carries our marker: what people wrote in it, and whose object it is.

Read and written by every kind that has objects of its own, and by `lifecycle`, which ends objects of any kind.
"""

from __future__ import annotations

from .identity import markers_of
from .kind import Subject
from .marker import Marker, compose, parse, replace
from .model import Json

MARKER = "marker"
"""The field under which the ownership marker is shown in plans: `/marker`."""


def text_of(live_text: Json) -> str | None:
    """What people wrote, without markers and without white space around it, which a service may trim.

    An empty text and none are the same to Graph and to us.
    """
    return parse(live_text if isinstance(live_text, str) else None)[0].strip() or None


def wanted_text(value: Json) -> str | None:
    """A text of the spec in the form that comes back: LF line ends, empty as none, no marker that was copied along."""
    return text_of(value)


def marker_line(subject: Subject, field: str) -> str | None:
    """The line by which we own the live object, if it carries one; under an earlier owner or name it differs."""
    marker, match = own_marker(subject, field), subject.world.matches.get(subject.address)
    if match and match.how == "take-over" and subject.live:
        marker = markers_of(subject.live, field)[0] if markers_of(subject.live, field) else None
    return marker.line() if marker else None


def own_marker(subject: Subject, field: str) -> Marker | None:
    """The marker by which we own the live object, under any owner and name that the spec had."""
    markers = markers_of(subject.live, field) if subject.live else ()
    return next((marker for marker in markers if is_own(subject, marker)), None)


def marker_of(subject: Subject, field: str, pairs: tuple[str, ...] = ()) -> Marker:
    """The marker that the object is to carry: what the spec does not say of its protection stays as it is live."""
    live, lifecycle = own_marker(subject, field), subject.spec.get("lifecycle")
    protected = live is not None and live.protected
    if isinstance(lifecycle, dict) and "preventDestroy" in lifecycle:
        protected = lifecycle["preventDestroy"] is True
    address, extra = subject.address, live.extra if live else ()
    return Marker(subject.world.owner, address.kind, address.name, pairs, extra, protected)


def is_own(subject: Subject, marker: Marker) -> bool:
    """Whether a marker is that of this spec, under any owner and name that it had."""
    known = {subject.address.name, *subject.desired.previous_names}
    return marker.owner in subject.world.owners and marker.kind == subject.address.kind and marker.name in known


def marked_text(subject: Subject, field: str, marker: Marker | None) -> str | None:
    """The new value of the property that holds text and marker: the spec's text, or the live one if unmanaged."""
    live_text = subject.live.body.get(field) if subject.live else None
    kept, markers = parse(live_text if isinstance(live_text, str) else None)
    text = wanted_text(subject.spec[field]) if field in subject.spec else kept
    for name in (*subject.desired.previous_names, subject.address.name):
        address = Marker("", subject.address.kind, name).address
        markers = tuple(replace(markers, None, owners=subject.world.owners, address=address))
    match = subject.world.matches.get(subject.address)
    if match and match.how == "take-over":
        markers = ()  # one object has one owner
    return compose(text, [*markers, *([marker] if marker else [])])
