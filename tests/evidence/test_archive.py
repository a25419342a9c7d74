"""The container: any ZIP reader opens it, one content has one byte sequence, and nothing else is taken."""

from __future__ import annotations

import io
import struct
import zipfile
import zlib
from collections.abc import Callable
from time import process_time

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from reconciler.evidence.archive import MAX_MEMBERS, Damaged, Member, difference, packed, unpacked, wrong_names

NAMES = st.from_regex(r"[a-z0-9_-]{1,8}(/[a-z0-9_.%~-]{1,8}x){0,2}", fullmatch=True)
MEMBERS = st.dictionaries(NAMES, st.binary(max_size=60), min_size=1, max_size=5)


def members(files: dict[str, bytes]) -> list[Member]:
    return [Member(name, data) for name, data in files.items()]


@settings(deadline=None, max_examples=25)
@given(MEMBERS)
def test_other_readers_find_the_same(files: dict[str, bytes]) -> None:
    data = packed(members(files))
    with zipfile.ZipFile(io.BytesIO(data)) as read:
        assert read.testzip() is None
        assert {name: read.read(name) for name in read.namelist()} == files
    assert [*unpacked(data)] == members(files)
    assert difference(data, unpacked(data)) is None


@settings(deadline=None, max_examples=40)
@given(MEMBERS, st.data())
def test_whatever_is_changed_shows(files: dict[str, bytes], draw: st.DataObject) -> None:
    data = bytearray(packed(members(files)))
    at = draw.draw(st.integers(0, len(data) - 1))
    data[at] ^= 1 << draw.draw(st.integers(0, 7))
    try:
        found = unpacked(bytes(data))
    except Damaged:
        return
    assert [*found] != members(files) or difference(bytes(data), found)


def zipped(*names: str, method: int = zipfile.ZIP_STORED, link: bool = False) -> bytes:
    """What the tools of others write."""
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w") as file:
        for name in names:
            info = zipfile.ZipInfo(name)
            info.compress_type = method
            info.external_attr = (0o120777 if link else 0o100644) << 16
            file.writestr(info, b"/etc/passwd" if link else b"\0" * 100_000)
    return made.getvalue()


def header(size: int, name: bytes = b"manifest.json", flags: int = 0, extra: int = 0) -> bytes:
    return (
        struct.pack("<4s5H3I2H", b"PK\x03\x04", 20, flags, 0, 0, 33, zlib.crc32(b""), size, size, len(name), extra)
        + name
    )


REFUSED: dict[str, tuple[bytes, str]] = {
    "nothing": (b"", "ends too early"),
    "cut off": (packed([Member("a", b"b")])[:20], "ends too early"),
    "a name that leads up": (zipped("../evil"), "not one that a bundle has"),
    "a name that leads up in the middle": (zipped("a/../../evil"), "not one that a bundle has"),
    "a name from the root": (zipped("/etc/passwd"), "not one that a bundle has"),
    "a drive": (zipped("C:evil"), "not one that a bundle has"),
    "a name for Windows": (header(0, b"a\\..\\evil") + b"PK\x01\x02", "not one that a bundle has"),
    "a name with a zero": (header(0, b"a\0b") + b"PK\x01\x02", "not one that a bundle has"),
    "a folder": (zipped("a/"), "not one that a bundle has"),
    "the folder itself": (zipped("."), "not one that a bundle has"),
    "a name without end": (header(0, b"a" * 5000) + b"PK\x01\x02", "not one that a bundle has"),
    "one name twice": (header(0) + header(0) + b"PK\x01\x02", "twice"),
    "names that are one on some disks": (zipped("a/b", "A/B"), "the same file on some disks"),
    "a bomb": (zipped("manifest.json", method=zipfile.ZIP_DEFLATED), "packed anew"),
    "a size that is not there": (header(1 << 31), "ends too early"),
    "a size that comes later": (header(0, flags=8), "packed anew"),
    "an extra field": (header(0, extra=4), "packed anew"),
    "something before it": (b"#!/bin/sh\n" + packed([Member("a", b"b")]), "damaged at byte 0"),
}  # fmt: skip


@pytest.mark.parametrize("case", REFUSED)
def test_what_is_no_bundle_is_refused(case: str) -> None:
    data, words = REFUSED[case]
    with pytest.raises(Damaged, match=words):
        unpacked(data)


OTHERWISE: dict[str, Callable[[bytes], bytes]] = {
    "something behind it": lambda data: data + b"\n",
    "a comment": lambda data: data[:-2] + b"\x01\x00x",
    "a link": lambda _: zipped("a", link=True),
}


@pytest.mark.parametrize("case", OTHERWISE)
def test_one_content_has_one_byte_sequence(case: str) -> None:
    data = OTHERWISE[case](packed([Member("a", b"b")]))
    assert difference(data, unpacked(data))


def test_a_name_that_comes_again_after_many_costs_little() -> None:
    names = [*map(str, range(20_000)), "19999"]
    begun = process_time()
    assert wrong_names(names) == "19999 is in it twice"
    assert process_time() - begun < 2, "each name is looked at once"


def test_there_is_an_end_to_files() -> None:
    names = [str(number).encode() for number in range(MAX_MEMBERS + 1)]
    with pytest.raises(Damaged, match="more than 50,000 files"):
        unpacked(b"".join(header(0, name) for name in names))
    with pytest.raises(ValueError, match="at most 50,000 files"):
        packed([Member(name.decode(), b"") for name in names])


def test_names_of_other_alphabets_have_room() -> None:
    name = "specs/" + "%E4%B8%AD" * 100
    assert [each.name for each in unpacked(packed([Member(name, b"")]))] == [name]


def test_two_names_that_are_one_are_not_written() -> None:
    with pytest.raises(ValueError, match="same file"):
        packed([Member("a", b""), Member("A", b"")])
