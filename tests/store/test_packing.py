"""Packed texts are zlib's, whatever wrote them: the store can be read where the quick one is not to be had."""

from __future__ import annotations

import importlib
import sys
import zlib

import hypothesis.strategies as st
import pytest
from hypothesis import given

from poolhouse.store import packing


@given(st.text())
def test_what_is_packed_is_unpacked_by_zlib_too(text: str) -> None:
    packed = packing.pack(text)
    assert packing.unpack(packed) == zlib.decompress(packed).decode() == text


def test_a_text_that_repeats_itself_is_small() -> None:
    assert len(packing.pack("We met at the harbour. " * 500)) < 500


def test_without_the_quick_one_zlib_packs(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "isal.isal_zlib", None)
    plain = importlib.reload(packing)
    assert plain.unpack(plain.pack("harbour")) == "harbour"
    assert plain.compress is zlib.compress
    monkeypatch.undo()
    assert importlib.reload(packing).unpack(packing.pack("harbour")) == "harbour"


def test_what_is_no_packed_text_is_refused() -> None:
    with pytest.raises(zlib.error):
        packing.unpack(b"harbour")
