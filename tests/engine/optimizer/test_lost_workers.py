"""Workers that die: what they had is sent again, what they did not finish is done again."""

import json
import subprocess
import sys
import time
from contextlib import contextmanager

import pytest
from far import mortal
from polars.testing import assert_frame_equal
from searches import minutes

from engine.errors import ClusterError
from engine.optimizer import ParamOptimizer, generate_grid
from engine.optimizer.cluster import AGAIN, Cluster, OpenTasks, disconnect
from engine.strategies.sma_cross import SmaCross
from engine.vectorized import VectorizedEngine

BARS = minutes(2000)


class Lost(Exception):
    """A worker died."""


class Dead(Exception):
    """Nobody is left."""


class Adding:
    """A job that adds one to a number."""

    kind = SmaCross

    def scorer(self, dataset):
        return dataset.height

    def answer(self, scorer, task):
        return scorer, task + 1


class Fake:
    """Workers in this process that die after so many tasks of a round, with what they had."""

    lost, dead = (Lost,), (Dead,)

    def __init__(self, *deaths):
        self.deaths, self.sent, self.done = list(deaths), 0, []

    def send(self, bars):
        self.sent += 1
        return bars

    def scored(self, tasks):
        last = self.deaths.pop(0) if self.deaths else None
        for place, (call, given, more) in enumerate(tasks):
            if last is not None and place == last[0]:
                raise last[1]
            self.done.append(given[3])
            yield call(*given, **more)


def answers(workers, count=6):
    return list(Cluster(workers).answers(Adding(), BARS, iter(range(count))))


def test_a_death_costs_the_bars_and_the_tasks_that_were_open():
    workers = Fake((4, Lost("gone")))
    assert answers(workers) == [(2000, number + 1) for number in range(6)]
    assert workers.sent == 2
    assert workers.done == [0, 1, 2, 3, 4, 5], "task 4 was handed out, and is done by the next"


def test_nothing_is_done_twice_nor_sent_twice_where_nobody_dies():
    workers = Fake()
    assert len(answers(workers)) == 6
    assert workers.sent == 1


def test_deaths_in_a_row_are_an_error():
    workers = Fake(*[(0, Lost("gone\nfor good"))] * (AGAIN + 1))
    with pytest.raises(ClusterError, match="lost its workers: gone; is there memory enough"):
        answers(workers)
    assert answers(Fake(*[(0, Lost("gone"))] * AGAIN)), "one fewer is none"
    assert answers(Fake(*[(1, Lost("gone"))] * (AGAIN + 2))), "nor are some with work in between"


def test_a_task_that_kills_whoever_does_it_is_an_error_at_once():
    workers = Fake((2, Dead("killed four workers")))
    with pytest.raises(ClusterError, match="killed four workers"):
        answers(workers)
    assert workers.sent == 1


def test_tasks_stay_open_until_they_are_closed():
    tasks = OpenTasks("abc")
    first = tasks.handed_out()
    assert [next(first), next(first)] == [(0, "a"), (1, "b")]
    tasks.close(0)
    assert list(tasks.handed_out()) == [(1, "b"), (2, "c")]
    assert not tasks.all_done
    tasks.close(1)
    tasks.close(2)
    assert tasks.all_done
    assert list(first) == []


@pytest.mark.slow
@pytest.mark.parametrize("kind", ["dask", "ray"])
def test_one_worker_alone_does_the_work_elsewhere_and_is_replaced(kind, tmp_path):
    """It has the only copy of the bars, and it dies in the middle."""
    pytest.importorskip("distributed" if kind == "dask" else "ray")
    engine, sets = VectorizedEngine(fee=0.0005), generate_grid({"days": "1:200"})
    strategy, mark = mortal(tmp_path), {"mark": str(tmp_path / "died")}
    try:
        far = ParamOptimizer(engine, cluster=f"{kind}://local", jobs=1)
        found = far.run_parallel(BARS, strategy, sets, fixed=mark)
    finally:
        disconnect()
    assert (tmp_path / "died").exists()
    local = ParamOptimizer(engine).run_parallel(BARS, strategy, sets, fixed=mark)
    assert_frame_equal(found.table, local.table, check_exact=True)


@pytest.mark.slow
def test_a_scheduler_that_dies_is_told(tmp_path):
    pytest.importorskip("distributed")
    with scheduler_and_worker(tmp_path) as (address, scheduler):

        def kill(done, _total, _failed):
            if done:
                scheduler.kill()

        far = ParamOptimizer(VectorizedEngine(), cluster=address, progress=kill)
        grid = generate_grid({"fast": "5:24:1", "slow": "50:149:5"})
        try:
            with pytest.raises(ClusterError, match="is its scheduler running"):
                far.run_parallel(BARS, SmaCross, grid)
        finally:
            disconnect()


@contextmanager
def scheduler_and_worker(folder):
    """Each in a process of its own, as on machines of their own."""
    known = folder / "scheduler.json"
    options = ["--scheduler-file", str(known), "--no-dashboard"]

    def start(name, *more):
        command = [sys.executable, "-m", f"distributed.cli.{name}", *options, *more]
        return subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)

    scheduler = start("dask_scheduler", "--host", "127.0.0.1", "--port", "0")
    worker = start("dask_worker", "--no-nanny", "--nthreads", "1")
    try:
        while not known.exists() or not known.read_text().rstrip().endswith("}"):
            assert scheduler.poll() is None
            time.sleep(0.05)
        yield json.loads(known.read_text())["address"].replace("tcp://", "dask://"), scheduler
    finally:
        for process in (worker, scheduler):
            process.kill()
            process.wait()
