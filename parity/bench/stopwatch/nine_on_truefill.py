"""Nine figures of returns on our side: one call of ``summarize``."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import numpy as np

from engine.metrics import Convention, summarize
from parity.bench.stopwatch.loop import Arrays, serve
from parity.bench.stopwatch.nine import YEAR, many


def prepare(arrays: Arrays, settings: Mapping[str, Any]) -> Callable[[], Any]:
    """The array is in memory."""
    returns, convention = arrays["returns"], Convention(float(YEAR))
    return many(lambda: summarize(returns, convention), settings)


if __name__ == "__main__":
    serve(prepare, lambda summary: np.array(summary))
