"""A strategy on bars: signals, returns net of costs, trades, metrics, and files to keep."""

from __future__ import annotations

import json
import math
import tempfile
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, Final

import polars as pl

from engine.data_loader import Instant
from engine.dataset import Dataset, open_dataset
from engine.errors import InputError
from engine.extras import load
from engine.metrics.benchmark import benchmark_metrics
from engine.metrics.catalogue import lengthen
from engine.metrics.convention import chosen_for
from engine.prepared import Prepared
from engine.store.aside import folder_aside
from engine.store.catalogue import write_run
from engine.store.identity import RunIdentity, identify
from engine.strategy import StrategyBase
from engine.vectorized import Screen, VectorizedEngine

Step = Callable[[str, int, int], None]
HEAD: Final = "run.json"
HELD: Final = "buy and hold"
STAGES: Final = ("bars", "signals", "returns", "metrics")


@dataclass(frozen=True, slots=True, kw_only=True)
class BacktestSpec:
    """What to run on what.

    ``data``, ``start``, ``end``, ``symbols`` and ``timeframe`` are those of ``open_dataset``.
    ``spread`` adds half of each bar's estimated spread (``engine.prepared.cost_inputs``) to the
    engine's slippage, which is a number then. ``benchmark`` is a symbol of the same data, or None
    to hold the traded symbols by the engine's weights. ``asset_class`` is a label in the name of
    the stored run.
    """

    strategy: StrategyBase
    data: str | Path
    start: Instant | str | None = None
    end: Instant | str | None = None
    symbols: tuple[str, ...] | None = None
    timeframe: str | None = None
    engine: VectorizedEngine = field(default_factory=VectorizedEngine)
    spread: bool = False
    benchmark: str | None = None
    asset_class: str = "any"


@dataclass(frozen=True)
class BacktestRun:
    """What came of it.

    ``account``: per bar timestamp, exposure, turnover, gross, cost, net, equity (from 1) and
    benchmark (its equity, from 1). ``frame``: per symbol and bar the prices, the signal and what
    it earned. ``trades`` and ``metrics`` are those of the screen, with the metrics that need a
    benchmark.
    """

    identity: RunIdentity
    engine: VectorizedEngine
    account: pl.DataFrame
    frame: pl.DataFrame
    trades: pl.DataFrame
    metrics: pl.DataFrame
    benchmark: str

    @property
    def values(self) -> dict[str, float]:
        """The metrics by name."""
        return dict(self.metrics.iter_rows())

    def document(self) -> dict[str, Any]:
        """Identity, settings and metrics as JSON has them, the content of ``run.json``."""
        row = self.identity.row().drop("params").row(0, named=True)
        flat = {name for name in row if name.startswith("param_")}
        return {
            **{
                name: value.isoformat() if hasattr(value, "isoformat") else value
                for name, value in row.items()
                if name not in flat
            },
            "params": json.loads(self.identity.row()["params"][0]),
            "execution": self.engine.execution,
            "fee": self.engine.fee,
            "slippage": self.engine.slippage,
            "benchmark": self.benchmark,
            # JSON has no NaN and no infinity: they become the words nan, inf and -inf.
            "metrics": {
                name: value if math.isfinite(value) else str(value)
                for name, value in self.values.items()
            },
        }

    def save(
        self, out: Path, *, pictures: bool = True, interactive: bool = False, force: bool = False
    ) -> list[str]:
        """Write the run into a folder, whole or not at all, and give the names of its files.

        ``Strategy_AssetClass_TimeFrame_Hash.parquet`` is its row of the catalogue;
        ``account``, ``frame``, ``trades`` and ``metrics`` are tables; ``run.json`` is
        ``document()``. With ``pictures`` also ``tear_sheet.html`` and ``equity.svg``, which need
        the extra ``report``; ``interactive`` adds curves to zoom into (extra ``report-plotly``). An
        earlier run is only replaced with ``force``, other files never.
        """
        check_folder(out, force=force)
        if pictures:
            # Loaded here: matplotlib takes half a second, which a run without it need not wait.
            from engine.research.tear_sheet import write_tear_sheet
        with folder_aside(out) as aside:
            write_run(aside, self.identity, self.metrics)
            for name in ("account", "frame", "trades", "metrics"):
                getattr(self, name).write_parquet(aside / f"{name}.parquet")
            if pictures:
                write_tear_sheet(self, aside, interactive=interactive)
            files = sorted(file.name for file in aside.iterdir())
            told = {**self.document(), "files": files}
            (aside / HEAD).write_text(json.dumps(told, indent=1), encoding="utf-8")
        return [*files, HEAD]


def backtest(spec: BacktestSpec, *, step: Step | None = None) -> BacktestRun:
    """Run a strategy: read bars, ask it for signals, trade them by the engine, measure.

    ``step`` hears each stage as ``(name, done, all)``. Raises what ``open_dataset``, the strategy
    and ``VectorizedEngine.run`` raise.
    """
    say = step or (lambda _what, _done, _all: None)
    say(STAGES[0], 0, len(STAGES))
    dataset = open_dataset(
        spec.data,
        start=spec.start,
        end=spec.end,
        symbols=spec.symbols,
        timeframe=spec.timeframe,
    )
    say(STAGES[1], 1, len(STAGES))
    features = spec.strategy.run(dataset.bars, debug=True)
    signals = features.select(*dataset.bars.columns, "signal")
    say(STAGES[2], 2, len(STAGES))
    engine, priced = _costs(spec, dataset, signals)
    screen = engine.run(priced)
    frame = screen.frame.collect()
    account = screen.outcome.account
    held, name = _benchmark(spec, dataset, frame, account["timestamp"])
    account = account.with_columns(held.alias("benchmark"))
    say(STAGES[3], 3, len(STAGES))
    identity = identify(
        spec.strategy, engine, dataset.bars, data_version=dataset.version,
        frequency=dataset.frequency,
    )  # fmt: skip
    return BacktestRun(
        identity=replace(identity, asset_class=spec.asset_class),
        engine=engine,
        account=account.with_columns((1.0 + pl.col("benchmark")).cum_prod().alias("benchmark")),
        frame=frame.hstack(signals.drop("timestamp", "symbol", "signal")),
        trades=screen.outcome.trades,
        metrics=_metrics(screen, account, engine),
        benchmark=name,
    )


def check_folder(out: Path, *, force: bool = False) -> None:
    """A run goes into a new folder, or with ``force`` over an earlier run; else InputError."""
    if out.exists() and not out.is_dir():
        raise InputError(f"{out} is a file; name a folder")
    held = {item.name for item in out.iterdir()} if out.is_dir() else set()
    strange = sorted(held - {HEAD, *_written(out)})
    if strange:
        raise InputError(f"{out} holds other files ({', '.join(strange[:3])}); name a new folder")
    if held and not force:
        raise InputError(f"{out} holds an earlier run; force replaces it")
    place = next(folder for folder in out.absolute().parents if folder.exists())
    try:
        with tempfile.TemporaryDirectory(dir=place):
            pass
    except OSError as error:
        told = error.strerror or error
        raise InputError(f"{out} cannot be written: {told}; name another folder") from error


def check_pictures(*, interactive: bool = False) -> None:
    """What pictures and pages are made with is installed; else ExtraMissing."""
    for library in ("matplotlib", "jinja2"):
        load(library, extra="report", purpose="A tear sheet")
    if interactive:
        load("plotly", extra="report-plotly", purpose="An interactive tear sheet")


def _written(out: Path) -> list[str]:
    try:
        told = json.loads((out / HEAD).read_text(encoding="utf-8"))
        return [str(name) for name in told["files"]]
    except (OSError, ValueError, KeyError, TypeError):
        return []


def _costs(
    spec: BacktestSpec, dataset: Dataset, signals: pl.DataFrame
) -> tuple[VectorizedEngine, pl.DataFrame]:
    """The engine and the bars it trades; with the spread, its slippage is a column of them."""
    if not spec.spread:
        return spec.engine, signals
    flat = spec.engine.slippage
    if not isinstance(flat, int | float):
        raise InputError(f"spread adds to a slippage that is one number, not {flat!r}")
    shared = Prepared(
        lambda: dataset.bars, dataset.version, dataset.symbols, dataset.frequency
    ).costs()
    # Its name holds the number, so that the identity of the costs does.
    name = f"half_spread+{flat:g}"
    column = shared.select("timestamp", "symbol", (pl.col("half_spread") + flat).alias(name))
    bars = signals.join(column, on=("timestamp", "symbol"), how="left", maintain_order="left")
    return replace(spec.engine, slippage=name), bars


def _benchmark(
    spec: BacktestSpec, dataset: Dataset, frame: pl.DataFrame, clock: pl.Series
) -> tuple[pl.Series, str]:
    """The benchmark's return at each time of the account, and its name."""
    if spec.benchmark is None:
        return _held(spec, dataset, frame), HELD
    if spec.benchmark in dataset.symbols:
        bars = dataset.bars.filter(pl.col("symbol") == spec.benchmark)
    else:
        bars = open_dataset(
            spec.data,
            start=spec.start,
            end=spec.end,
            symbols=(spec.benchmark,),
            timeframe=spec.timeframe,
        ).bars
    known = bars.select("timestamp", pl.col("close").fill_nan(None))
    times = clock.to_frame()
    close = times.join(known, on="timestamp", how="left", maintain_order="left")["close"]
    returns = (close.forward_fill() / close.forward_fill().shift() - 1.0).fill_null(0.0)
    return returns, spec.benchmark


def _held(spec: BacktestSpec, dataset: Dataset, frame: pl.DataFrame) -> pl.Series:
    """What all symbols earn that are held all along, by weight, at each time."""
    symbols = dataset.symbols
    weights = spec.engine.weights or dict.fromkeys(symbols, 1 / len(symbols))
    if len(symbols) == 1:
        return frame["asset_return"] * weights[symbols[0]]
    share = pl.col("symbol").replace_strict(dict(weights), return_dtype=pl.Float64())
    earned = (pl.col("asset_return") * share).sum()
    return frame.group_by("timestamp").agg(earned).sort("timestamp")["asset_return"]


def _metrics(screen: Screen, account: pl.DataFrame, engine: VectorizedEngine) -> pl.DataFrame:
    """The screen's metrics and those that need a benchmark; the former do not change by it."""
    convention = chosen_for(account["timestamp"], engine.convention)
    net, other = (account[name].to_numpy() for name in ("net", "benchmark"))
    own = {name: value for name, value in screen.metrics.iter_rows() if not math.isnan(value)}
    return lengthen(own | benchmark_metrics(net, other, convention))


__all__ = ["BacktestRun", "BacktestSpec", "backtest", "check_folder", "check_pictures"]
