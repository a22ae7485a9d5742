"""Jumping between events is timed, and gives what looking at every bar gives."""

import numpy as np

from engine.execution.vectorbt import fill
from parity.bench.minutes import long_minutes
from parity.bench.stopwatch.loop import load
from parity.bench.stopwatch.on_truefill import prepare, read, request_of
from parity.bench.workloads import WORKLOADS, sparse_arrays, write_arrays


def test_twenty_strategies_on_sixty_thousand_minutes(benchmark, tmp_path):
    prices, _ = long_minutes(60_000)
    write_arrays(WORKLOADS[1], prices, 20, tmp_path)
    arrays, settings = load(tmp_path, sparse_arrays(WORKLOADS[1]))
    jumping = benchmark.pedantic(prepare(arrays, settings), rounds=5, warmup_rounds=1)
    every_bar = fill(request_of(arrays, settings), skip=False)
    assert np.array_equal(read(jumping), read(every_bar))
    assert len(jumping) > 1000
