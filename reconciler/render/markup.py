"""Foreign text in Markdown: shown as it is, and never taken for markup, a mention, a link or a command."""

from __future__ import annotations

import re

from .safe import safe

_MARKUP = re.compile(r"(^[-+=]|[\\`*_\[\]<>|~&#$!@]|(?<=www)\.|:(?=//)|(?<=mailto):|(?<=xmpp):)", re.IGNORECASE)


def plain(text: str) -> str:
    """The text on one line, with a backslash before whatever Markdown would act on."""
    return _MARKUP.sub(r"\\\1", safe(text))
