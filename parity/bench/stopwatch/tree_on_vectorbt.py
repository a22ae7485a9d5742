"""Whole batches on vectorbt's side: what its users run, by the recorder of trees."""

from __future__ import annotations

import shutil
import sys
import warnings
from collections.abc import Callable
from pathlib import Path

import pandas as pd

# In vectorbt's environment nothing of ours is installed; these modules need no more than it has.
sys.path.append(str(Path(__file__).resolve().parents[3]))

from parity.bench.stopwatch.tree import NAME, serve
from parity.peers.vectorbt.tree import Split, play_batch

ORDER = {
    "fees": 0.0002,
    "slippage": 0.0002,
    "cash": 100_000.0,
    "freq": "1min",
    "engine": "numba",
    "direction": "long",
}


def prepare(root: Path) -> Callable[[], Split]:
    """Bars in memory, and a folder of its own with what is asked."""
    bars = pd.read_parquet(root / "bars" / "X.parquet").set_index("timestamp")
    folder = root / "vectorbt"
    folder.mkdir(exist_ok=True)
    for name in ("signals.parquet", "params.csv"):
        shutil.copy(root / NAME / name, folder / name)
    return lambda: play_batch(folder, bars, ORDER)


if __name__ == "__main__":
    warnings.simplefilter("ignore")
    serve(prepare)
