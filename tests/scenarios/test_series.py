"""Stored bars are real, complete and untouched; a slice of them is a scenario's bars."""

import hashlib
from datetime import UTC, datetime
from pathlib import Path

import polars as pl
import pytest

from engine.errors import BarsError, ScenarioError
from engine.panel import check_bars
from engine.schema import BARS
from scenarios.load import ROOT
from scenarios.series import STORE, read_bars

FILES = sorted((ROOT / STORE).rglob("*.parquet"))


def stored(**keys: object) -> pl.DataFrame:
    table = {"stored": "equity_1d_sp500", "symbols": ["AAPL", "MSFT"], **keys}
    return read_bars(table, ROOT, "here")


def test_every_file_has_its_digest_and_every_digest_its_file() -> None:
    lines = (ROOT / STORE / "SHA256SUMS").read_text(encoding="utf-8").splitlines()
    digests = {name: digest for digest, name in (line.split(maxsplit=1) for line in lines)}
    assert {str(path.relative_to(ROOT / STORE)) for path in FILES} == set(digests)
    for path in FILES:
        assert (
            hashlib.sha256(path.read_bytes()).hexdigest()
            == digests[str(path.relative_to(ROOT / STORE))]
        )


def test_every_file_is_named_with_its_origin() -> None:
    told = (ROOT / STORE / "README.md").read_text(encoding="utf-8")
    for path in FILES:
        assert f"`{path.relative_to(ROOT / STORE).with_suffix('')}`" in told
        assert f"| `{path.parent.name}` |" in told


def test_the_store_stays_small() -> None:
    assert sum(path.stat().st_size for path in FILES) < 12_000_000


@pytest.mark.parametrize("path", FILES, ids=lambda path: f"{path.parent.name}/{path.stem}")
def test_stored_bars_keep_the_rules_of_bars(path: Path) -> None:
    bars = pl.read_parquet(path)
    assert bars.schema == BARS
    assert bars.null_count().sum_horizontal().item() == 0
    assert bars["symbol"].unique().to_list() == [path.stem]
    check_bars(bars)


def test_a_slice_is_half_open_in_time() -> None:
    bars = stored(**{"from": datetime(2015, 1, 2), "to": datetime(2015, 1, 6)})
    days = [time.day for time in bars["timestamp"]]
    assert list(zip(bars["symbol"], days, strict=True)) == [
        ("AAPL", 2), ("AAPL", 5), ("MSFT", 2), ("MSFT", 5),
    ]  # fmt: skip


def test_a_count_is_per_symbol() -> None:
    bars = stored(**{"from": datetime(2016, 1, 1), "count": 3})
    assert bars["symbol"].to_list() == ["AAPL"] * 3 + ["MSFT"] * 3
    assert bars["timestamp"][0] == datetime(2016, 1, 4, tzinfo=UTC)


def test_times_may_be_uneven() -> None:
    table = {"times": [datetime(2024, 1, 5), datetime(2024, 1, 8)], "rows": {"A": [1, 2]}}
    assert [time.day for time in read_bars(table, ROOT, "here")["timestamp"]] == [5, 8]


@pytest.mark.parametrize(
    ("keys", "message"),
    [
        ({"symbols": ["NOPE"]}, r"NOPE\.parquet: no such stored series; there are"),
        ({"symbols": []}, "symbols is empty"),
        ({"from": datetime(2030, 1, 1)}, "holds no bar"),
        ({"count": "all"}, "here: count is 'all'"),
        ({"step": "1d"}, r"unknown keys \['step'\]"),
        ({"clock": {"zone": "UTC", "plus": 1}}, r"here\.clock: unknown keys \['plus'\]"),
        ({"clock": {"zone": "UTC", "repeated": "both"}}, r"here\.clock: repeated is 'both'"),
    ],
)
def test_a_wrong_slice_is_named(keys: dict[str, object], message: str) -> None:
    with pytest.raises(ScenarioError, match=message):
        stored(**keys)


def test_a_tampered_series_is_an_error_that_names_it(tmp_path: Path) -> None:
    folder = tmp_path / STORE / "days"
    folder.mkdir(parents=True)
    stored(count=2, symbols=["AAPL"]).write_parquet(folder / "AAPL.parquet")
    (tmp_path / STORE / "SHA256SUMS").write_text(f"{'0' * 64}  days/AAPL.parquet\n")
    with pytest.raises(BarsError, match=r"AAPL\.parquet.*SHA256SUMS"):
        read_bars({"stored": "days", "symbols": ["AAPL"]}, tmp_path, "here")


def test_a_missing_store_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(ScenarioError, match="SHA256SUMS"):
        read_bars({"stored": "days", "symbols": ["AAPL"]}, tmp_path, "here")
