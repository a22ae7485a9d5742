"""An entry is computed once, is never half there, and two processes may want it at once."""

import subprocess
import sys

import polars as pl
import pytest

from engine.store.cache import Cache

KEY = {"data_version": "da7a", "universe": ["AAPL"], "frequency": "1d"}
FRAME = pl.DataFrame({"return": [0.0, 0.1]})


class Maker:
    def __init__(self, frame=FRAME):
        self.frame, self.calls = frame, 0

    def __call__(self):
        self.calls += 1
        return self.frame


def test_the_second_time_it_is_read(tmp_path):
    make = Maker()
    for _ in range(3):
        assert Cache(tmp_path).frame("returns", KEY, make).equals(FRAME)
    assert make.calls == 1


@pytest.mark.parametrize(
    "change", [{"data_version": "newer"}, {"universe": ["MSFT"]}, {"frequency": "1h"}]
)
def test_other_bars_are_another_entry(tmp_path, change):
    make = Maker()
    Cache(tmp_path).frame("returns", KEY, make)
    Cache(tmp_path).frame("returns", KEY | change, make)
    Cache(tmp_path).frame("masks", KEY, make)
    assert make.calls == 3


def test_a_failure_leaves_nothing(tmp_path):
    def broken():
        raise ValueError("no prices")

    with pytest.raises(ValueError, match="no prices"):
        Cache(tmp_path).frame("returns", KEY, broken)
    assert not list(tmp_path.rglob("*.parquet"))
    assert Cache(tmp_path).frame("returns", KEY, Maker()).equals(FRAME)


def test_a_damaged_entry_is_made_anew(tmp_path):
    cache = Cache(tmp_path)
    cache.frame("returns", KEY, Maker())
    place = cache.place("returns", KEY)
    place.write_bytes(place.read_bytes()[:40])
    make = Maker()
    assert cache.frame("returns", KEY, make).equals(FRAME)
    assert make.calls == 1
    assert pl.read_parquet(place).equals(FRAME)


def test_a_cache_that_cannot_be_written_only_costs_time(tmp_path):
    (tmp_path / "file").write_text("in the way", encoding="utf-8")
    assert Cache(tmp_path / "file").frame("returns", KEY, Maker()).equals(FRAME)


WORKER = """
import sys, polars as pl
from pathlib import Path
from engine.store.cache import Cache
cache = Cache(Path(sys.argv[1]))
for at in range(60):
    rows = 1000 + at
    frame = cache.frame("returns", {"at": at}, lambda: pl.DataFrame({"x": range(rows)}))
    assert frame.height == rows and frame["x"].sum() == rows * (rows - 1) // 2
"""


def test_two_processes_at_once(tmp_path):
    command = [sys.executable, "-c", WORKER, str(tmp_path)]
    running = [subprocess.Popen(command, stderr=subprocess.PIPE) for _ in range(2)]
    for process in running:
        _, told = process.communicate(timeout=120)
        assert process.returncode == 0, told.decode()
    left = list(tmp_path.rglob("*"))
    assert len([file for file in left if file.suffix == ".parquet"]) == 60
    assert not [file for file in left if file.name.endswith(".partial")]
