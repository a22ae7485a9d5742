"""On other machines the same scores, even when one of them is lost on the way."""

import os
import signal
import socket
import threading
import time

import pytest
from far import address_of, mortal, object_store, put, two_workers
from polars.testing import assert_frame_equal
from searches import FILE, minutes

from engine.errors import ClusterError, OptionError
from engine.optimizer import Files, ParamOptimizer, generate_grid
from engine.optimizer.cluster import connect, disconnect
from engine.strategies import find_strategy
from engine.strategies.sma_cross import SmaCross
from engine.vectorized import VectorizedEngine

BARS = minutes(2000)
ENGINE = VectorizedEngine(fee=0.0005)
GRID = generate_grid({"fast": "5:25:1", "slow": "20:60:5"})

MINE = """
import polars as pl
from engine.strategy import StrategyBase


class Mine(StrategyBase):
    name = "mine"

    def __init__(self, days=1):
        self.days = days

    def signal(self):
        return (pl.col("close") > pl.col("close").shift(self.days)).cast(pl.Int8)
"""


@pytest.fixture(scope="module")
def workers():
    with two_workers() as cluster:
        yield cluster


@pytest.mark.slow
def test_dask_gives_the_same(workers, tmp_path):
    local = ParamOptimizer(ENGINE).run_parallel(BARS, SmaCross, GRID)
    far = ParamOptimizer(ENGINE, cluster=address_of(workers))
    assert_frame_equal(far.run_parallel(BARS, SmaCross, GRID).table, local.table, check_exact=True)

    # files are read by the workers themselves
    BARS.write_parquet(tmp_path / "BTCUSDT.parquet")
    files = Files(str((tmp_path / "BTCUSDT.parquet").resolve()))
    found = far.run_parallel(files, SmaCross, GRID)
    assert_frame_equal(found.table, local.table, check_exact=True)

    # a strategy that stands in a file of the user's goes along
    (tmp_path / "mine.py").write_text(MINE)
    mine = find_strategy(str(tmp_path / "mine.py"))
    sets = generate_grid({"days": "1:80"})
    assert_frame_equal(
        far.run_parallel(BARS, mine, sets).table,
        ParamOptimizer(ENGINE).run_parallel(BARS, mine, sets).table,
        check_exact=True,
    )


@pytest.mark.slow
def test_workers_read_an_object_store_themselves(workers, tmp_path):
    local = ParamOptimizer(ENGINE).run_parallel(BARS, SmaCross, GRID)
    far = ParamOptimizer(ENGINE, cluster=address_of(workers))
    with object_store() as store:
        put(store, BARS, "minutes/BTCUSDT.parquet", tmp_path)
        hive = "hive/symbol=BTCUSDT/year=2025/month=05/bars.parquet"
        put(store, BARS.drop("symbol"), hive, tmp_path)
        for place in ("s3://bars/minutes/BTCUSDT.parquet", "s3://bars/hive"):
            found = far.run_parallel(Files(place, storage_options=store), SmaCross, GRID)
            assert_frame_equal(found.table, local.table, check_exact=True)


@pytest.mark.slow
def test_a_worker_that_dies_loses_nothing(workers):
    bars = minutes(30_000)
    grid = generate_grid({"fast": "5:44:1", "slow": "50:149:5"})
    victims = [worker.pid for worker in workers.workers.values() if worker.pid]
    killed = []

    def kill(done, total, _failed):
        if done and not killed:
            killed.append(done)
            os.kill(victims[0], signal.SIGKILL)

    far = ParamOptimizer(ENGINE, cluster=address_of(workers), progress=kill)
    found = far.run_parallel(bars, SmaCross, grid)
    assert killed and killed[0] < grid.height
    local = ParamOptimizer(ENGINE).run_parallel(bars, SmaCross, grid)
    assert_frame_equal(found.table, local.table, check_exact=True)


@pytest.mark.slow
def test_ray_gives_the_same_and_a_worker_that_dies_loses_nothing(tmp_path):
    pytest.importorskip("ray")
    local = ParamOptimizer(ENGINE).run_parallel(BARS, SmaCross, GRID)
    far = ParamOptimizer(ENGINE, cluster="ray://local", jobs=2)
    try:
        began = time.monotonic()
        first = far.run_parallel(BARS, SmaCross, GRID)
        started = time.monotonic() - began
        assert_frame_equal(first.table, local.table, check_exact=True)
        again = far.run_parallel(Files(str(FILE.resolve())), SmaCross, GRID.head(5))
        assert time.monotonic() - began < 2 * started  # the pool was kept
        own = ParamOptimizer(ENGINE).run_parallel(str(FILE), SmaCross, GRID.head(5))
        assert_frame_equal(again.table, own.table, check_exact=True)

        # a set that takes its worker with it, once
        kind, sets = mortal(tmp_path), generate_grid({"days": "1:400"})
        mark = {"mark": str(tmp_path / "died")}
        found = far.run_parallel(BARS, kind, sets, fixed=mark)
        assert (tmp_path / "died").exists()
        local = ParamOptimizer(ENGINE).run_parallel(BARS, kind, sets, fixed=mark)
        assert_frame_equal(found.table, local.table, check_exact=True)
    finally:
        disconnect()


def test_nobody_there():
    for scheme in ("dask", "ray"):
        began = time.monotonic()
        with pytest.raises(ClusterError, match="does not answer"):
            connect(f"{scheme}://127.0.0.1:1")
        assert time.monotonic() - began < 5


def test_somebody_who_says_nothing(monkeypatch):
    pytest.importorskip("distributed")
    monkeypatch.setattr("engine.optimizer.backends.PATIENCE", 0.5)
    with socket.create_server(("127.0.0.1", 0)) as mute:
        stop = threading.Event()
        threading.Thread(target=stop.wait, daemon=True).start()
        with pytest.raises(ClusterError, match="cannot be used"):
            connect(f"dask://127.0.0.1:{mute.getsockname()[1]}")
        stop.set()


@pytest.mark.parametrize("address", ["localhost:8786", "dask://host", "http://host:80", "ray://"])
def test_addresses_that_are_none(address):
    with pytest.raises(OptionError, match="--cluster"):
        connect(address)
