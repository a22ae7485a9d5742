"""A digest is of values: who wrote the file, and with what, does not matter."""

from __future__ import annotations

import hashlib
import struct
from datetime import UTC, datetime
from pathlib import Path

import numpy as np
import polars as pl
import pyarrow.parquet as pq
import pytest

from engine.errors import InputError
from engine.store.digest import file_digest, frame_digest, json_digest, same_bits

FRAME = pl.DataFrame(
    {
        "time": [datetime(2024, 1, 1, tzinfo=UTC), None],
        "text": ["é", None],
        "number": [0.1, float("nan")],
        "flag": [True, None],
        "count": [1, None],
        "nothing": [None, None],
    },
    schema_overrides={"time": pl.Datetime("ms", "UTC")},
)


def test_any_writer_gives_the_same_digest(tmp_path: Path) -> None:
    FRAME.write_parquet(tmp_path / "one.parquet", compression="snappy")
    pq.write_table(FRAME.to_arrow(), tmp_path / "two.parquet", compression="gzip")
    assert file_digest(tmp_path / "one.parquet") != file_digest(tmp_path / "two.parquet")
    for name in ("one", "two"):
        assert frame_digest(pl.read_parquet(tmp_path / f"{name}.parquet")) == frame_digest(FRAME)


def test_chunks_do_not_matter() -> None:
    assert frame_digest(pl.concat([FRAME.head(1), FRAME.tail(1)], rechunk=False)) == frame_digest(
        FRAME
    )


def test_the_layout_is_fixed_byte_by_byte() -> None:
    """Stored references depend on it, so here it is spelled out by hand."""
    content = b"2" + b'\n"a" float\n' + bytes([0b01000000]) + struct.pack("<2d", 1.0, 0.0)
    content += b'\n"b" text\n' + bytes([0]) + struct.pack("<2q", 1, 2) + b"xyz"
    frame = pl.DataFrame({"a": [1.0, None], "b": ["x", "yz"]})
    assert frame_digest(frame) == hashlib.sha256(content).hexdigest()


@pytest.mark.parametrize(
    "edit",
    [
        pl.col("number").replace_strict({0.1: 0.1 + 2**-56}, default=float("nan")),
        pl.col("number").fill_nan(None),
        pl.col("text").fill_null(""),
        pl.col("flag").fill_null(value=False),
        pl.col("count").fill_null(0),
        pl.col("count").cast(pl.Float64()),
        pl.col("time").dt.offset_by("1ms"),
        pl.lit("").alias("nothing"),
    ],
)
def test_one_cell_is_enough_to_differ(edit: pl.Expr) -> None:
    assert frame_digest(FRAME.with_columns(edit)) != frame_digest(FRAME)


def test_names_and_order_matter() -> None:
    assert frame_digest(FRAME.rename({"text": "word"})) != frame_digest(FRAME)
    assert frame_digest(FRAME.select(reversed(FRAME.columns))) != frame_digest(FRAME)
    assert frame_digest(FRAME.reverse()) != frame_digest(FRAME)


def test_texts_cannot_slip_from_one_cell_into_the_next() -> None:
    one, two = pl.DataFrame({"a": ["xy", "z"]}), pl.DataFrame({"a": ["x", "yz"]})
    assert frame_digest(one) != frame_digest(two)


def test_every_nan_is_the_same_nothing() -> None:
    odd = struct.unpack("<d", struct.pack("<Q", 0x7FF8000000000123))[0]
    frames = [pl.DataFrame({"a": np.array([value])}) for value in (float("nan"), odd)]
    assert frame_digest(frames[0]) == frame_digest(frames[1])


def test_a_kind_without_a_digest_is_an_error() -> None:
    with pytest.raises(InputError, match="'a' is List"):
        frame_digest(pl.DataFrame({"a": [[1]]}))


def test_the_order_of_keys_does_not_matter() -> None:
    assert json_digest({"a": 1, "b": [2]}) == json_digest({"b": [2], "a": 1})
    assert json_digest({"a": 1}) != json_digest({"a": "1"})


@pytest.mark.parametrize(
    "other",
    [
        pl.DataFrame({"x": [0.0, -0.0, float("nan"), None]}),
        pl.DataFrame({"x": [0.0, 0.0, float("nan"), None]}),
        pl.DataFrame({"x": [0.0, -0.0, None, float("nan")]}),
        pl.DataFrame({"x": [0.0, -0.0, float("nan")]}),
        pl.DataFrame({"y": [0.0, -0.0, float("nan"), None]}),
        pl.DataFrame({"x": [0, 0, 0, None]}),
    ],
)
def test_the_same_bits_are_the_same_digest(other: pl.DataFrame) -> None:
    frame = pl.DataFrame({"x": [0.0, -0.0, float("nan"), None]})
    assert same_bits(frame, other) == (frame_digest(frame) == frame_digest(other))
