"""The statistics race on purgedcv's and arch's side: ``on_statistics.py FOLDER``.

Reads ``returns.npy`` (bars, trials) and ``settings.json``, prints one JSON document: CPU seconds of
each call, the median of several, and what it said.
"""

from __future__ import annotations

import json
import statistics
import sys
import time
import warnings
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import purgedcv
from arch.bootstrap import SPA


def timed(call: Callable[[], Any], rounds: int) -> tuple[float, Any]:
    """The median of CPU seconds, and the answer."""
    taken = []
    for _ in range(rounds):
        begun = time.process_time()
        said = call()
        taken.append(time.process_time() - begun)
    return statistics.median(taken), said


def main() -> None:
    """Race both."""
    folder = Path(sys.argv[1])
    returns = np.load(folder / "returns.npy")
    told = json.loads((folder / "settings.json").read_text(encoding="utf-8"))
    warnings.simplefilter("ignore")
    splits, found = timed(
        lambda: purgedcv.probability_of_backtest_overfitting(returns.T, n_splits=told["blocks"]),
        told["rounds"],
    )

    def superior() -> list[float]:
        test = SPA(
            np.zeros(len(returns)),
            -returns,
            block_size=told["block"],
            reps=told["resamples"],
            seed=told["seed"],
        )
        test.compute()
        return [float(value) for value in test.pvalues]

    check, pvalues = timed(superior, told["rounds"])
    print(
        json.dumps(
            {
                "pbo_seconds": splits,
                "pbo": float(found.pbo),
                "logits": found.logits.tolist(),
                "spa_seconds": check,
                "pvalues": pvalues,
            }
        )
    )


if __name__ == "__main__":
    main()
