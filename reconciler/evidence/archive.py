"""The container of a bundle: a ZIP file without compression whose bytes follow from its members alone.

ZIP, because every desktop opens it and an auditor needs no tool of ours; stored, because the output of a compressor
differs between versions, and because what is stored cannot be a bomb. Written and read here rather than by `zipfile`,
whose headers may change from one Python to the next: there is one right byte sequence, a reader packs what it found
anew and compares, so nothing can hide in a header, between members, or behind the end. Source: PKWARE APPNOTE.TXT 6.3,
4.3.7 (local header), 4.3.12 (directory), 4.3.16 (its end).
"""

from __future__ import annotations

import re
import struct
import zlib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Final

MAX_BYTES: Final = 512 << 20
"""Of a whole bundle: less than where ZIP needs its 64-bit form."""
MAX_MEMBERS: Final = 50_000
"""ZIP counts to 65,535 without its 64-bit form."""
MAX_NAME: Final = 4096
"""Characters: enough for a path of any alphabet, of which each letter may be quoted as nine."""

_LOCAL: Final = struct.Struct("<4s5H3I2H")
_DIRECTORY: Final = struct.Struct("<4s6H3I5H2I")
_END: Final = struct.Struct("<4s4H2IH")
_LOCAL_SIGN, _DIRECTORY_SIGN, _END_SIGN = b"PK\x03\x04", b"PK\x01\x02", b"PK\x05\x06"
_VERSION, _UNIX = 20, 3 << 8
_FIRST_DAY: Final = 0x21
"""1 January 1980, the earliest that ZIP knows: no member has a time of its own."""
_FILE: Final = 0o100644 << 16
_NAME: Final = re.compile(r"(?!\.{1,2}(?:/|$))[A-Za-z0-9_.~%-]+(?:/(?!\.{1,2}(?:/|$))[A-Za-z0-9_.~%-]+)*")
"""Relative, with `/`, and nothing that a disk or a shell takes for more than a name. Other characters are quoted."""


@dataclass(frozen=True, slots=True)
class Member:
    """One file of a bundle."""

    name: str
    data: bytes


class Damaged(Exception):  # noqa: N818 - says what the bytes are
    """The bytes are no bundle as it was written; the message says which part."""


def packed(members: Iterable[Member]) -> bytes:
    """The bundle of these members, in their order. Raises `ValueError` for names or sizes that it cannot have."""
    listed = list(members)
    if wrong := wrong_names([each.name for each in listed]):
        raise ValueError(wrong)
    if len(listed) > MAX_MEMBERS or sum(len(each.data) for each in listed) > MAX_BYTES:
        raise ValueError(f"a bundle has at most {MAX_MEMBERS:,} files and {MAX_BYTES >> 20} MiB")
    parts: list[bytes] = []
    directory: list[bytes] = []
    at = 0
    for each in listed:
        name, size, check = each.name.encode("ascii"), len(each.data), zlib.crc32(each.data)
        about = (_VERSION, 0, 0, 0, _FIRST_DAY, check, size, size, len(name))
        parts += [_LOCAL.pack(_LOCAL_SIGN, *about, 0), name, each.data]
        directory += [_DIRECTORY.pack(_DIRECTORY_SIGN, _UNIX | _VERSION, *about, 0, 0, 0, 0, _FILE, at), name]
        at += _LOCAL.size + len(name) + size
    listing = b"".join(directory)
    end = _END.pack(_END_SIGN, 0, 0, len(listed), len(listed), len(listing), at, 0)
    return b"".join([*parts, listing, end])


def unpacked(data: bytes) -> tuple[Member, ...]:
    """The members as their own headers have them: not checked against the directory yet (`difference`).

    Raises `Damaged`.
    """
    if len(data) > MAX_BYTES:
        raise Damaged(f"it has more than {MAX_BYTES >> 20} MiB")
    found: list[Member] = []
    at = 0
    while data[at : at + 4] != _DIRECTORY_SIGN:
        if len(found) == MAX_MEMBERS:
            raise Damaged(f"it has more than {MAX_MEMBERS:,} files")
        member, at = _member(data, at, found[-1].name if found else None)
        found.append(member)
    if wrong := wrong_names([each.name for each in found]):
        raise Damaged(wrong)
    return tuple(found)


def _member(data: bytes, at: int, after: str | None) -> tuple[Member, int]:
    """The member that begins here, and where it ends."""
    where = f"after {after}" if after else "at its beginning"
    if len(data) < at + _LOCAL.size:
        raise Damaged(f"it ends too early, {where}")
    sign, _, flags, method, _, _, _, packed_size, size, name_length, extra = _LOCAL.unpack_from(data, at)
    if sign != _LOCAL_SIGN:
        raise Damaged(f"the container is damaged at byte {at:,}, {where}")
    if flags or method or extra or packed_size != size:
        raise Damaged(f"the container was packed anew, or is damaged at byte {at:,}, {where}")
    begin = at + _LOCAL.size + name_length
    if begin + size > len(data):
        raise Damaged(f"it ends too early, {where}")
    name = data[at + _LOCAL.size : begin].decode("ascii", "backslashreplace")
    return Member(name, data[begin : begin + size]), begin + size


def wrong_names(names: Sequence[str]) -> str | None:
    """What is wrong with the names: one that may lead elsewhere, or two that are one file on some disks."""
    seen: dict[str, str] = {}
    for name in names:
        if len(name) > MAX_NAME or not _NAME.fullmatch(name):
            return f"the name {name[:80]!r} is not one that a bundle has"
        if other := seen.get(name.casefold()):
            return f"{name} is in it twice" if other == name else f"{other} and {name} are the same file on some disks"
        seen[name.casefold()] = name
    return None


def difference(data: bytes, members: Sequence[Member]) -> str | None:
    """Where the bytes are not those that these members have; None where they are."""
    right = packed(members)
    if data == right:
        return None
    at = _first_difference(data, right)
    begin = 0
    for each in members:
        begin += _LOCAL.size + len(each.name) + len(each.data)
        if at < begin:
            return f"the header of {each.name} was changed, at byte {at:,}"
    return (
        f"the directory at the end was changed, at byte {at:,}" if at < len(right) else "something was added at the end"
    )


def _first_difference(one: bytes, other: bytes) -> int:
    """The first byte that differs; the length of the shorter one where that is the beginning of the longer one."""
    low, high = 0, min(len(one), len(other))
    while low < high:
        middle = (low + high + 1) // 2
        if one[low:middle] == other[low:middle]:
            low = middle
        else:
            high = middle - 1
    return low
