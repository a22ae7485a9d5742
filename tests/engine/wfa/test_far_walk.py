"""A walk-forward whose sets are scored on other machines is the one that is scored here."""

import time

import pytest
from far import address_of, mortal, object_store, put, two_workers
from markets import Coin, Holder, noise
from polars.testing import assert_frame_equal

from engine.errors import ClusterError
from engine.optimizer import Files, generate_grid
from engine.optimizer.cluster import disconnect
from engine.strategies.sma_cross import SmaCross
from engine.vectorized import VectorizedEngine
from engine.wfa import Combinatorial, CombinatorialValidator, Rolling, WalkForwardValidator

BARS = noise(600, 1)
GRID = generate_grid({"fast": range(3, 13), "slow": range(15, 65, 5)})
RANGES = {"fast": "3:12", "slow": "15:60"}
ENGINE = VectorizedEngine(fee=0.0005)


@pytest.fixture(scope="module")
def workers():
    with two_workers() as cluster:
        yield cluster


def walker(cluster=None, **more):
    if cluster is not None and not isinstance(cluster, str):
        cluster = address_of(cluster)
    return WalkForwardValidator(
        Rolling(200, 50), engine=ENGINE, resamples=50, jobs=2, cluster=cluster, **more
    )


def same(one, other):
    assert_frame_equal(one.scores, other.scores, check_exact=True)
    assert_frame_equal(one.windows, other.windows, check_exact=True)
    assert_frame_equal(one.trials, other.trials, check_exact=True)
    assert_frame_equal(one.equity, other.equity, check_exact=True)
    assert repr(one.summary()) == repr(other.summary())


@pytest.mark.slow
def test_dask_gives_the_same(workers, tmp_path):
    local = walker().run(BARS, SmaCross, GRID)
    same(walker(workers).run(BARS, SmaCross, GRID), local)

    # files are read by the workers themselves
    BARS.write_parquet(tmp_path / "X.parquet")
    files = Files(str((tmp_path / "X.parquet").resolve()))
    same(walker(workers).run(files, SmaCross, GRID), local)

    # a search of every window by a study of its own
    guided = walker().search(BARS, SmaCross, RANGES, 20)
    same(walker(workers).search(files, SmaCross, RANGES, 20), guided)

    # a strategy that remembers is run anew in every window
    sets = generate_grid({"falls": range(1, 6)})
    same(walker(workers).run(files, Holder, sets), walker().run(BARS, Holder, sets))

    paths = [
        CombinatorialValidator(Combinatorial(5, 2), ENGINE, jobs=2, cluster=cluster)
        .run(files, SmaCross, GRID)
        .paths
        for cluster in (None, address_of(workers))
    ]
    assert_frame_equal(paths[1], paths[0], check_exact=True)


@pytest.mark.slow
def test_workers_read_an_object_store_themselves(workers, tmp_path):
    local = walker().run(BARS, SmaCross, GRID)
    with object_store() as store:
        put(store, BARS, "days/X.parquet", tmp_path)
        files = Files("s3://bars/days/X.parquet", storage_options=store)
        same(walker(workers).run(files, SmaCross, GRID), local)


@pytest.mark.slow
def test_a_worker_that_dies_loses_nothing(workers, tmp_path):
    sets, mark = generate_grid({"days": "1:130"}), {"mark": str(tmp_path / "died")}
    kind = mortal(tmp_path)
    found = walker(workers).run(BARS, kind, sets, fixed=mark)
    assert (tmp_path / "died").exists()
    same(found, walker().run(BARS, kind, sets, fixed=mark))


@pytest.mark.slow
def test_ray_gives_the_same_and_a_worker_that_dies_loses_nothing(tmp_path):
    pytest.importorskip("ray")
    try:
        same(walker("ray://local").run(BARS, SmaCross, GRID), walker().run(BARS, SmaCross, GRID))
        BARS.write_parquet(tmp_path / "X.parquet")
        files = Files(str((tmp_path / "X.parquet").resolve()))
        guided = walker().search(BARS, SmaCross, RANGES, 20)
        same(walker("ray://local").search(files, SmaCross, RANGES, 20), guided)

        sets, mark = generate_grid({"days": "1:130"}), {"mark": str(tmp_path / "died")}
        kind = mortal(tmp_path)
        found = walker("ray://local").run(files, kind, sets, fixed=mark)
        assert (tmp_path / "died").exists()
        same(found, walker().run(BARS, kind, sets, fixed=mark))
    finally:
        disconnect()


@pytest.mark.slow
def test_a_worker_that_reads_other_bars_is_an_error(workers, tmp_path):
    """The files change between the first look at them and the workers' own."""
    file = tmp_path / "X.parquet"
    BARS.write_parquet(file)

    def change(_done, _total, _failed):
        noise(600, 2).write_parquet(file)

    with pytest.raises(ClusterError, match="reads other bars than this machine"):
        walker(workers, progress=change).run(Files(str(file)), SmaCross, GRID)


@pytest.mark.parametrize("scheme", ["dask", "ray"])
def test_nobody_there(scheme, tmp_path):
    began = time.monotonic()
    with pytest.raises(ClusterError, match="does not answer"):
        walker(f"{scheme}://127.0.0.1:1", folder=tmp_path / "walk").run(BARS, Coin, [{"number": 1}])
    assert time.monotonic() - began < 5
    assert not (tmp_path / "walk").exists()
