"""What stands for the author of a file: a detached signature beside it, which other tools make and check.

Digests in records, plans and bundles show that a file was changed, and not who made it. This program signs nothing and
checks no signature: it says so, and names the tool that does.
"""

from __future__ import annotations

from pathlib import Path
from shlex import quote

from ..render.safe import safe
from ..render.style import wrap

_TOOLS = {
    ".asc": "gpg --verify {signature} {file}",
    ".sig": "gpg --verify {signature} {file}, or cosign verify-blob --signature {signature} {file}",
    ".sigstore.json": (
        "gh attestation verify {file} --bundle {signature} --repo OWNER/NAME, "
        "or cosign verify-blob --bundle {signature} {file}"
    ),
    ".minisig": "minisign -V -m {file}",
}
"""Endings of detached signatures, and what checks them."""
_UNSIGNED = (
    "intact, not authenticated: the digests show changes, not who made the file; "
    "sign it with the pipeline's attestation, cosign or gpg"
)


def signatures(path: Path) -> list[dict[str, str]]:
    """The signatures beside a file, each with the command that checks it."""
    beside = ((Path(f"{path}{ending}"), tool) for ending, tool in _TOOLS.items())
    return [
        {"file": str(each), "check": tool.format(signature=quote(each.name), file=quote(path.name))}
        for each, tool in beside
        if each.is_file()
    ]


def sentences(path: Path, *, width: int) -> list[str]:
    """What is to be said of a file that is whole: always that nobody's signature was checked here.

    Commands stay on one line, so that they can be copied.
    """
    found = signatures(path)
    if not found:
        return wrap(_UNSIGNED, width=width, rest="  ")
    named = [f"  {safe(each[name])}" for each in found for name in ("file", "check")]
    return ["intact, not authenticated: this command checks no signature. Beside it, with what checks it:", *named]
