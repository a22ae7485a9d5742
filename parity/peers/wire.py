"""A recorder's side of the conversation: read requests, play each one, write recordings.

It runs inside a platform's own environment and needs the standard library, pyarrow and numpy only.
The schemas are spelled again here on purpose: nothing of ours is installed there. A request never
holds an answer.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import math
import platform as interpreter
import shutil
import sys
import time
import traceback
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
from numpy.typing import NDArray

FILES = ("scenario.json", "bars.parquet", "script.parquet")
HEAD = "recording.json"
PRICES = ("open", "high", "low", "close", "volume")
WORDS = ("nan", "inf", "-inf")

TIME = pa.timestamp("ms", tz="UTC")
F64, I64, TEXT = pa.float64(), pa.int64(), pa.string()

_TRADES = pa.schema(
    [
        ("trade_id", I64), ("position_id", I64), ("symbol", TEXT), ("quantity", F64),
        ("entry_time", TIME), ("entry_price", F64), ("entry_commission", F64),
        ("exit_time", TIME), ("exit_price", F64), ("exit_commission", F64),
        ("pnl", F64), ("return", F64), ("status", TEXT),
    ]
)  # fmt: skip

SCHEMAS = {
    "orders": pa.schema(
        [
            ("order_id", I64), ("timestamp", TIME), ("symbol", TEXT), ("quantity", F64),
            ("price", F64), ("status", TEXT), ("reason", TEXT), ("cash", F64), ("position", F64),
        ]
    ),
    "fills": pa.schema(
        [
            ("fill_id", I64), ("order_id", I64), ("timestamp", TIME), ("symbol", TEXT),
            ("quantity", F64), ("price", F64), ("commission", F64),
        ]
    ),
    "trades": _TRADES,
    "entry_trades": _TRADES,
    "positions": _TRADES,
    "equity": pa.schema([("timestamp", TIME), ("account", TEXT), ("cash", F64), ("equity", F64)]),
}  # fmt: skip


class Unsupported(Exception):
    """The platform cannot express the request; the text says what is missing."""


class Refused(Exception):
    """The platform's own rules stopped the run: a short stable word, and its message."""

    def __init__(self, reason: str, message: str) -> None:
        super().__init__(message)
        self.reason = reason


@dataclass(frozen=True)
class Request:
    """One case: prices as (bars, symbols) on one clock of UTC milliseconds, script, account.

    ``rows`` and ``columns`` place each row of ``script`` on the panel. ``options`` are those of the
    platform asked, the idiom's laid over the scenario's.
    """

    name: str
    symbols: tuple[str, ...]
    kind: str
    clock: NDArray[np.int64]
    market: Mapping[str, NDArray[np.float64]]
    account: Mapping[str, float]
    defaults: Mapping[str, Any]
    options: Mapping[str, Any]
    script: pa.Table
    rows: NDArray[np.int64]
    columns: NDArray[np.int64]

    @property
    def shape(self) -> tuple[int, int]:
        """Bars and symbols."""
        return len(self.clock), len(self.symbols)


@dataclass(frozen=True)
class Peer:
    """What a recorder brings: its platform, the idiom an option set means, and how it plays."""

    name: str
    version: str
    packages: tuple[str, ...]
    idiom: Callable[[Mapping[str, Any]], str]
    play: Callable[[Request], Mapping[str, pa.Table]]


def read_request(folder: Path, platform: str, options: Mapping[str, Any]) -> Request:
    """Read a bundle and put its bars on one clock; a bar that is absent is NaN."""
    head = numbers(json.loads((folder / "scenario.json").read_text(encoding="utf-8")))
    bars = pq.read_table(folder / "bars.parquet")
    script = pq.read_table(folder / "script.parquet")
    symbols = tuple(head["symbols"])
    clock = np.unique(millis(bars["timestamp"]))
    rows, columns = place(bars, clock, symbols, "bars")
    market = {}
    for name in PRICES:
        market[name] = np.full((len(clock), len(symbols)), np.nan)
        market[name][rows, columns] = bars[name].to_numpy()
    rows, columns = place(script, clock, symbols, "script")
    return Request(
        name=head["name"],
        symbols=symbols,
        kind=head["kind"],
        clock=clock,
        market=market,
        account=head["account"],
        defaults=head["defaults"],
        options={**head["options"].get(platform, {}), **options},
        script=script,
        rows=rows,
        columns=columns,
    )


def place(
    table: pa.Table, clock: NDArray[np.int64], symbols: tuple[str, ...], where: str
) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """The panel row and column of each table row; a row that has none is an error."""
    times = millis(table["timestamp"])
    rows = np.minimum(np.searchsorted(clock, times), len(clock) - 1)
    number = {symbol: column for column, symbol in enumerate(symbols)}
    columns = np.array([number.get(s, -1) for s in table["symbol"].to_pylist()], dtype=np.int64)
    stray = np.flatnonzero((clock[rows] != times) | (columns < 0))
    if len(stray):
        raise ValueError(f"{where}: row {stray[0]} is not on the panel of the bars")
    return rows.astype(np.int64), columns


def spread(request: Request, column: str, default: Any) -> NDArray[Any]:
    """A script column over the panel; a missing row and a null cell take the default.

    ``default`` is a scalar, a list with one value per symbol, or a panel array. Without such a
    column the default comes back as it is, as (1, 1), (1, symbols) or (bars, symbols).
    """
    base = np.atleast_2d(np.asarray(default))
    if base.dtype.kind == "U":
        base = base.astype(object)
    if column not in request.script.column_names:
        return base
    cells = request.script[column].combine_chunks()
    valid = ~cells.is_null().to_numpy(zero_copy_only=False)
    values = cells.drop_null().to_numpy(zero_copy_only=False)
    panel = np.broadcast_to(base, request.shape).copy()
    if panel.dtype.kind != values.dtype.kind:
        panel = panel.astype(object)
    panel[request.rows[valid], request.columns[valid]] = values
    return panel


def table(name: str, columns: Mapping[str, Any]) -> pa.Table:
    """A table in its schema; times come as UTC milliseconds."""
    schema = SCHEMAS[name]
    if list(columns) != schema.names:
        raise ValueError(f"{name} has columns {list(columns)}, not {schema.names}")
    arrays = [pa.array(columns[field.name]).cast(field.type) for field in schema]
    return pa.Table.from_arrays(arrays, schema=schema)


def millis(column: pa.ChunkedArray) -> NDArray[np.int64]:
    """A time column as UTC milliseconds."""
    return np.asarray(column.cast(TIME).cast(I64).to_numpy(), dtype=np.int64)


def numbers(value: Any) -> Any:
    """JSON has no NaN and no infinity: they are written as words."""
    if isinstance(value, dict):
        return {key: numbers(item) for key, item in value.items()}
    if isinstance(value, list):
        return [numbers(item) for item in value]
    return float(value) if value in WORDS else value


def words(value: Any) -> Any:
    """The way back: numbers that JSON lacks become words."""
    if isinstance(value, dict):
        return {key: words(item) for key, item in value.items()}
    if isinstance(value, list):
        return [words(item) for item in value]
    return str(value) if isinstance(value, float) and not math.isfinite(value) else value


def request_digest(folder: Path, options: Mapping[str, Any]) -> str:
    """What a recording answers: the bytes of the request's files and the idiom's options."""
    digest = hashlib.sha256(json.dumps(words(dict(options)), sort_keys=True).encode())
    for name in FILES:
        digest.update((folder / name).read_bytes())
    return digest.hexdigest()


def recorder_digest(recorder: Path) -> str:
    """The sources that decide what is recorded: the recorder's folder and this file."""
    digest = hashlib.sha256()
    for source in (*sorted(recorder.parent.glob("*.py")), Path(__file__)):
        digest.update(source.name.encode() + source.read_bytes())
    return digest.hexdigest()


def write_recording(folder: Path, head: dict[str, Any], tables: Mapping[str, pa.Table]) -> None:
    """Write the tables and their head aside, then rename; the same tables give the same bytes."""
    aside = folder.with_name(folder.name + ".partial")
    shutil.rmtree(aside, ignore_errors=True)
    aside.mkdir(parents=True)
    for name, rows in tables.items():
        pq.write_table(
            rows,
            aside / f"{name}.parquet",
            compression="zstd",
            compression_level=9,
            write_statistics=False,
            store_schema=False,
        )
    text = json.dumps(words(head), indent=1, sort_keys=True, allow_nan=False)
    (aside / HEAD).write_text(text + "\n", encoding="utf-8")
    shutil.rmtree(folder, ignore_errors=True)
    aside.replace(folder)


def about(peer: Peer) -> dict[str, Any]:
    """Who answers: platform, exact version, interpreter and the packages that matter."""
    return {
        "platform": peer.name,
        "version": peer.version,
        "python": interpreter.python_version(),
        "packages": {name: version(name) for name in peer.packages},
    }


def answer(
    peer: Peer, folder: Path, options: Mapping[str, Any]
) -> tuple[dict[str, str], Mapping[str, pa.Table]]:
    """Play one request; whatever happens is an outcome, so that no case stops the others."""
    try:
        request = read_request(folder, peer.name, options)
        return {"outcome": "recorded", "reason": "", "message": ""}, peer.play(request)
    except Unsupported as said:
        return {"outcome": "unsupported", "reason": str(said), "message": ""}, {}
    except Refused as said:
        return {"outcome": "refused", "reason": said.reason, "message": str(said)}, {}
    except Exception as error:
        last = f"{type(error).__name__}: {error}"
        return {"outcome": "failed", "reason": last, "message": traceback.format_exc()}, {}


def done(folder: Path, sought: Mapping[str, str]) -> str | None:
    """The outcome already recorded for just this request by just this recorder, if any."""
    try:
        head = json.loads((folder / HEAD).read_text(encoding="utf-8"))
        same = all(head[key] == value for key, value in sought.items())
        return str(head["outcome"]) if same and head["outcome"] != "failed" else None
    except (OSError, ValueError, KeyError, TypeError):
        return None


def main(peer: Peer, recorder: Path) -> None:
    """``recorder.py REQUESTS RECORDINGS --options JSON`` or ``recorder.py --about``."""
    parser = argparse.ArgumentParser(description=f"play requests on {peer.name} {peer.version}")
    parser.add_argument("requests", nargs="?", type=Path)
    parser.add_argument("recordings", nargs="?", type=Path)
    parser.add_argument("--options", default="{}", help="the idiom's options, as JSON")
    parser.add_argument("--about", action="store_true", help="print versions and stop")
    given = parser.parse_args()
    if given.about:
        print(json.dumps(about(peer)))
        return
    if given.requests is None or given.recordings is None:
        parser.error("name the folder of requests and the folder for the recordings")
    options = numbers(json.loads(given.options))
    stamp = {**about(peer), "idiom": peer.idiom(options), "recorder": recorder_digest(recorder)}
    for folder in sorted(item for item in given.requests.iterdir() if (item / FILES[0]).exists()):
        began = time.perf_counter()
        target = given.recordings / folder.name
        sought = {"request": request_digest(folder, options), "recorder": stamp["recorder"]}
        outcome = done(target, sought)
        resumed = outcome is not None
        if not resumed:
            head, tables = answer(peer, folder, options)
            write_recording(target, {**stamp, **sought, **head}, tables)
            outcome = head["outcome"]
        line = {"case": folder.name, "outcome": outcome, "resumed": resumed}
        line["seconds"] = round(time.perf_counter() - began, 3)
        print(json.dumps(line), flush=True)


if __name__ == "__main__":
    sys.exit("wire.py is used by recorders; it records nothing itself")
