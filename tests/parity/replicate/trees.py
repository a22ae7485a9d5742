"""Small trees for tests: the stored one, copied, or one story told by hand."""

from __future__ import annotations

import shutil
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import polars as pl

from parity.environments import PROJECT
from parity.replicate.run import How, replicate_tree

STORED = PROJECT / "reference_data" / "trees" / "open_source_vectorbt"
BARS = PROJECT / "reference_data" / "bars" / "crypto_1m_binance_perp"
START = datetime(2024, 3, 4)


def copy_stored(root: Path, *batches: str) -> Path:
    """The stored tree, or some batches of it, where files may be broken."""
    chosen = batches or ("BTC_longshort/batch_001", "ETH_short/batch_001")
    for batch in chosen:
        shutil.copytree(STORED / batch, root / batch)
    text = (STORED / "replicate.toml").read_text(encoding="utf-8")
    text = text.replace("../../bars/crypto_1m_binance_perp", str(BARS))
    (root / "replicate.toml").write_text(text, encoding="utf-8")
    return root


def minutes(count: int, start: datetime = START) -> list[datetime]:
    """Minute after minute, without a zone."""
    return [start + timedelta(minutes=n) for n in range(count)]


def write_bars(path: Path, rows: list[tuple[float, ...]], start: datetime = START) -> Path:
    """Open, high, low, close of consecutive minutes."""
    path.parent.mkdir(parents=True, exist_ok=True)
    times = pl.Series("timestamp", minutes(len(rows), start), dtype=pl.Datetime("ms"))
    names = ["open", "high", "low", "close"]
    pl.DataFrame(rows, schema=names, orient="row").insert_column(0, times).write_parquet(path)
    return path


def write_story(root: Path) -> Path:
    """One long strategy without costs, and the one trade that it makes.

    It enters at the open of minute 1 (10, all of 100) and is stopped in minute 3: the close of
    minute 1 is 10, so the stop at 10 % lies at 9, which the bar's range holds.
    """
    rows = [(10, 10, 10, 10), (10, 10, 10, 10), (10, 11, 9.5, 10), (10, 10, 8.5, 9), (9, 9, 9, 9)]
    write_bars(root / "bars" / "X.parquet", rows)
    (root / "replicate.toml").write_text(
        "account = { cash = 100, fees = 0, slippage = 0 }\n", encoding="utf-8"
    )
    folder = root / "X_long" / "batch_001"
    folder.mkdir(parents=True)
    times = pl.Series("timestamp", minutes(5), dtype=pl.Datetime("ms"))
    flags = pl.DataFrame({"timestamp": times, "a": [False, True, False, False, False]})
    flags.write_parquet(folder / "signals.parquet")
    (folder / "params.csv").write_text("strategy,sl,tp,tsl\na,0.1,,\n", encoding="utf-8")
    write_trades(folder)
    pl.DataFrame({"strategy": ["a"], "total_return": [-0.1], "win_rate": [0.0]}).write_parquet(
        folder / "metrics.parquet"
    )
    pl.DataFrame(
        {"timestamp": [datetime(2024, 3, 4)], "a": [-0.1]}, schema_overrides={"timestamp": pl.Date}
    ).write_parquet(folder / "daily_returns.parquet")
    return root


def write_trades(folder: Path, **changes: Any) -> None:
    """The trade of the story, with whatever is said to be otherwise."""
    trade = {
        "strategy": "a",
        "entry_time": START + timedelta(minutes=1),
        "exit_time": START + timedelta(minutes=3),
        "direction": "long",
        "size": 10.0,
        "entry_price": 10.0,
        "exit_price": 9.0,
        "entry_fees": 0.0,
        "exit_fees": 0.0,
        "pnl": -10.0,
        "return": -0.1,
        "status": "closed",
    }
    pl.DataFrame([trade | changes]).write_parquet(folder / "trades.parquet")


def run(root: Path | str, out: Path, **how: Any) -> dict[str, Any]:
    """Replicate a tree and return its document."""
    return replicate_tree(str(root), out, how=How(**how))


def entry_of(document: dict[str, Any], batch: str) -> dict[str, Any]:
    """One batch of a document."""
    return next(entry for entry in document["batches"] if entry["batch"] == batch)


def files_of(folder: Path) -> dict[str, bytes]:
    """Every file of a folder by its relative name."""
    return {
        path.relative_to(folder).as_posix(): path.read_bytes()
        for path in sorted(folder.rglob("*"))
        if path.is_file()
    }
