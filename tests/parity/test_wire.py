"""What recorders are told and how they answer, spelled once more on their side of the wall."""

from __future__ import annotations

import json
import math
from datetime import timedelta
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
import pyarrow as pa
import pytest
from fake_peer import START, story
from hypothesis import given
from hypothesis import strategies as st

from engine.schema import TABLES
from engine.script import Account, Script, conform_script
from parity.peers import wire
from scenarios import Scenario, save_bundle
from scenarios.bundle import dump_head

NAN, INF = math.nan, math.inf


def at(minute: int) -> Any:
    return START + timedelta(minutes=minute)


def two_symbols(script: list[dict[str, Any]], **account: float) -> Scenario:
    """A has bars at minutes 0 and 1, B at 1 and 2."""
    bars = pl.DataFrame(
        [(at(m), s, c, c, c, c, 1.0) for m, s, c in ((0, "A", 1.0), (1, "A", 2.0), (1, "B", 3.0))]
        + [(at(2), "B", 4.0, 4.0, 4.0, 4.0, 1.0)],
        schema=story("x").bars.schema,
        orient="row",
    )
    rows = pl.DataFrame(script, infer_schema_length=None).with_columns(
        pl.col("timestamp").cast(bars.schema["timestamp"])
    )
    return Scenario(
        "pair", "", "", "", ("A", "B"), bars,
        Script("signals", conform_script("signals", rows), {"size": INF}),
        Account(**account), {"fake": {"fees": [0.1, 0.2], "val": NAN}},
    )  # fmt: skip


def read(tmp_path: Path, scenario: Scenario) -> wire.Request:
    return wire.read_request(save_bundle(scenario, tmp_path / scenario.name), "fake", {"e": "x"})


def test_the_tables_are_spelled_as_the_engine_spells_them() -> None:
    assert list(wire.SCHEMAS) == list(TABLES)
    for name, schema in wire.SCHEMAS.items():
        spelled = pl.from_arrow(schema.empty_table())
        assert isinstance(spelled, pl.DataFrame)
        assert spelled.schema == TABLES[name], name


def test_a_bar_that_is_absent_is_nan_on_the_shared_clock(tmp_path: Path) -> None:
    request = read(tmp_path, two_symbols([{"timestamp": at(1), "symbol": "B", "entry": True}]))
    assert request.clock.tolist() == [int(at(m).timestamp() * 1000) for m in range(3)]
    np.testing.assert_array_equal(request.market["close"], [[1.0, NAN], [2.0, 3.0], [NAN, 4.0]])
    assert wire.spread(request, "entry", False).tolist() == [
        [False, False], [False, True], [False, False],
    ]  # fmt: skip


def test_options_of_the_idiom_lie_over_the_scenarios(tmp_path: Path) -> None:
    scenario = two_symbols([{"timestamp": at(0), "symbol": "A"}])
    folder = save_bundle(scenario, tmp_path / "pair")
    request = wire.read_request(folder, "fake", {"fees": 0.5})
    assert request.options["fees"] == 0.5
    assert math.isnan(request.options["val"])
    assert request.defaults == {"size": INF}
    assert wire.read_request(folder, "other", {}).options == {}


def test_a_null_cell_takes_the_default_but_nan_is_a_value(tmp_path: Path) -> None:
    cells = [
        {"timestamp": at(0), "symbol": "A", "fake.fees": 0.7, "fake.mode": "both"},
        {"timestamp": at(1), "symbol": "A", "fake.fees": None, "fake.mode": None},
        {"timestamp": at(1), "symbol": "B", "fake.fees": NAN, "fake.mode": "addonly"},
    ]
    request = read(tmp_path, two_symbols(cells))
    fees = wire.spread(request, "fake.fees", [0.1, 0.2])
    np.testing.assert_array_equal(fees, [[0.7, 0.2], [0.1, NAN], [0.1, 0.2]])
    assert wire.spread(request, "fake.mode", False).tolist() == [
        ["both", False], [False, "addonly"], [False, False],
    ]  # fmt: skip
    assert wire.spread(request, "fake.other", [0.1, 0.2]).tolist() == [[0.1, 0.2]]
    assert wire.spread(request, "fake.other", "both").tolist() == [["both"]]


@pytest.mark.parametrize("row", [{"symbol": "C", "timestamp": at(0)}, {"symbol": "A"}])
def test_a_script_that_points_outside_the_bars_is_an_error(
    tmp_path: Path, row: dict[str, Any]
) -> None:
    with pytest.raises(ValueError, match="script: row 0"):
        read(tmp_path, two_symbols([{"timestamp": at(9), **row}]))


def test_a_table_keeps_nan_and_turns_milliseconds_into_times() -> None:
    rows = wire.table(
        "equity",
        {"timestamp": np.array([86_400_000]), "account": ["A"], "cash": [NAN], "equity": [1]},
    )
    frame = pl.from_arrow(rows)
    assert isinstance(frame, pl.DataFrame)
    assert str(frame["timestamp"][0]) == "1970-01-02 00:00:00+00:00"
    assert frame["cash"].is_nan().all()
    assert frame["cash"].null_count() == 0


def test_a_table_with_other_columns_is_an_error() -> None:
    with pytest.raises(ValueError, match="equity has columns"):
        wire.table("equity", {"time": [1]})


def test_written_again_the_bytes_are_the_same(tmp_path: Path) -> None:
    columns = {"timestamp": [0, 60_000], "account": ["A", "A"], "cash": [1.5, NAN]}
    rows = wire.table("equity", {**columns, "equity": [0.1, INF]})
    for name in ("one", "two"):
        wire.write_recording(tmp_path / name, {"outcome": "recorded"}, {"equity": rows})
    files = [(tmp_path / name / "equity.parquet").read_bytes() for name in ("one", "two")]
    assert files[0] == files[1]
    assert not list(tmp_path.glob("*.partial"))


def test_a_digest_sees_the_files_and_the_options(tmp_path: Path) -> None:
    one = save_bundle(story("a"), tmp_path / "one")
    two = save_bundle(story("a", cash=99.0), tmp_path / "two")
    assert wire.request_digest(one, {}) == wire.request_digest(one, {})
    assert wire.request_digest(one, {}) != wire.request_digest(one, {"engine": "x"})
    assert wire.request_digest(one, {}) != wire.request_digest(two, {})


def test_every_source_beside_a_recorder_is_part_of_it(tmp_path: Path) -> None:
    (tmp_path / "recorder.py").write_text("one")
    alone = wire.recorder_digest(tmp_path / "recorder.py")
    (tmp_path / "rules.py").write_text("two")
    assert wire.recorder_digest(tmp_path / "recorder.py") != alone


@given(
    st.recursive(
        st.floats() | st.integers() | st.booleans() | st.text(alphabet="xyz"),
        lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
        max_leaves=8,
    )
)
def test_numbers_that_json_lacks_travel_as_words(value: Any) -> None:
    assert repr(wire.numbers(wire.words(value))) == repr(value)


def test_both_sides_write_the_same_words() -> None:
    """A head written by ``scenarios`` is read back by a recorder with the same numbers."""
    scenario = two_symbols([{"timestamp": at(0), "symbol": "A"}], cash=INF)
    head = wire.numbers(json.loads(dump_head(scenario)))
    assert head["account"]["cash"] == INF
    assert math.isnan(head["options"]["fake"]["val"])


def test_a_recorder_that_meets_a_broken_request_fails_that_case_only(tmp_path: Path) -> None:
    peer = wire.Peer("fake", "1.0", (), lambda _: "plain", lambda _: {})
    head, tables = wire.answer(peer, tmp_path, {})
    assert head["outcome"] == "failed"
    assert "scenario.json" in head["message"]
    assert tables == {}


def test_times_of_any_unit_are_milliseconds() -> None:
    column = pa.chunked_array([pa.array([60_000_000], pa.timestamp("us", tz="UTC"))])
    assert wire.millis(column).tolist() == [60_000]
