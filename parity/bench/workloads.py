"""What is raced: many strategies on one series of minutes, as arrays that both sides load."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

SHARE = 0.004
PRICES = ("open", "high", "low", "close")


@dataclass(frozen=True, slots=True)
class Workload:
    """A kind of strategy: which signals it has, whether every second one trails, what it pays."""

    name: str
    told: str
    signals: tuple[str, ...]
    trailing: bool
    fees: float
    slippage: float


WORKLOADS = (
    Workload(
        "stops",
        "long entries on 0.4 % of the bars, a stop-loss and a take-profit per strategy",
        ("entry",),
        trailing=False,
        fees=0.0,
        slippage=0.0,
    ),
    Workload(
        "both",
        "long and short entries on 0.4 % of the bars each, stops per strategy, every second one "
        "trailing, fees and slippage",
        ("entry", "short_entry"),
        trailing=True,
        fees=0.0005,
        slippage=0.0002,
    ),
)


def write_arrays(
    workload: Workload, prices: Mapping[str, NDArray[np.float64]], strategies: int, folder: Path
) -> Path:
    """Write every array a side may load: prices, dense and sparse signals, stops per strategy.

    The dense matrix is stored column by column, as a frame of one column per strategy keeps it.
    """
    folder.mkdir(parents=True, exist_ok=True)
    bars = len(prices["close"])
    rng = np.random.default_rng([20, strategies, len(workload.signals)])
    arrays: dict[str, NDArray[Any]] = dict(prices)
    for signal in workload.signals:
        dense = np.zeros((bars, strategies), dtype=np.bool_, order="F")
        marks = [np.flatnonzero(rng.random(bars) < SHARE) for _ in range(strategies)]
        for column, rows in enumerate(marks):
            dense[rows, column] = True
        starts = np.concatenate(([0], np.cumsum([len(rows) for rows in marks])))
        arrays |= {
            signal: dense,
            f"{signal}_start": starts.astype(np.int64),
            f"{signal}_bars": np.concatenate(marks).astype(np.int64),
        }
    arrays["stops"] = rng.uniform(0.01, 0.03, strategies)
    arrays["targets"] = rng.uniform(0.015, 0.05, strategies)
    arrays["trails"] = (np.arange(strategies) % 2 == 1) & workload.trailing
    for name, array in arrays.items():
        np.save(folder / f"{name}.npy", array)
    settings = {"fees": workload.fees, "slippage": workload.slippage, "cash": 100_000.0}
    (folder / "settings.json").write_text(json.dumps(settings), encoding="utf-8")
    return folder


def dense_arrays(workload: Workload) -> list[str]:
    """What a side loads that takes the boolean matrix."""
    return [*PRICES, "stops", "targets", "trails", *workload.signals]


def sparse_arrays(workload: Workload) -> list[str]:
    """What a side loads that takes the bars of the signals."""
    sparse = [f"{name}_{part}" for name in workload.signals for part in ("start", "bars")]
    return [*PRICES, "stops", "targets", "trails", *sparse]
