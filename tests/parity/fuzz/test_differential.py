"""The live check finds the mistakes that engines make, and shows each on a handful of bars."""

import json
from dataclasses import replace
from itertools import islice
from pathlib import Path

import polars as pl
import pytest

from parity.fuzz import differential
from parity.fuzz.differential import live
from parity.fuzz.generate import generate
from parity.fuzz.sides import Sides
from parity.outcome import Failed
from scenarios import load_bundle
from tests.parity.fuzz.miniature import MINI, MISTAKES, answer, play

CORE = ["timestamp", "symbol", "entry", "exit"]
STOPS = ["stop_loss", "trailing_stop", "take_profit"]


def plain_cases(platform, seed, cases, first=0):
    """Random cases cut down to what the miniature knows: entries, exits, stops, a commission."""
    fitting = filter(fits, generate(platform, seed, 100 * (first + cases)))
    return [plain(scenario) for scenario in islice(fitting, first, first + cases)]


def fits(scenario):
    prices = scenario.bars.select("open", "high", "low", "close")
    return scenario.script.kind == "signals" and not any(c.is_nan().any() for c in prices)


def plain(scenario):
    frame = scenario.script.frame
    stops = [pl.col(name).fill_nan(None) for name in STOPS if name in frame.columns]
    flags = [pl.lit(value=False).alias(name) for name in ("short_entry", "short_exit")]
    defaults = {name: v for name, v in scenario.script.defaults.items() if name in STOPS}
    script = replace(scenario.script, frame=frame.select(*CORE, *flags, *stops), defaults=defaults)
    account = replace(scenario.account, commission=0.001, cash=1e6)
    return replace(scenario, script=script, account=account, options={})


@pytest.fixture
def run(tmp_path, monkeypatch):
    monkeypatch.setattr(differential, "generate", plain_cases)
    monkeypatch.setattr(differential, "SHRUNK", 1)

    def check(ours, cases=15, seed=1):
        sides = Sides(MINI, answer, {"only way": ours})
        return live(sides, cases=cases, seed=seed, work=tmp_path / "work", found=tmp_path / "found")

    return check


def faulty(mistake):
    return lambda scenario, _platform: play(scenario, mistake)


def test_equal_engines_agree_on_every_case(run):
    document = run(faulty(""))
    assert document["exit_code"] == 0
    assert document["verdicts"] == {"agrees": 15}
    assert document["fills"] > 15
    assert document["differing"] == document["found"] == []


@pytest.mark.parametrize("mistake", MISTAKES)
def test_a_planted_mistake_is_found_and_shown_small(run, mistake):
    document = run(faulty(mistake))
    assert document["exit_code"] == 1
    (found,) = document["found"]
    small = found["slice"]
    assert len(small["bars"]) <= 3
    assert sum("entry" in row for row in small["script"]) == 1
    assert small["options"] == {"vectorbt": {}} or small["options"] == {}


def test_what_was_found_joins_the_library_with_its_story(run):
    (found,) = run(faulty("fee_twice"))["found"]
    scenario = load_bundle(Path(found["bundle"]))
    assert scenario.topic == "found"
    assert scenario.platforms == {"vectorbt": ("numba", "rust")}
    assert "commission" in scenario.rule
    note = json.loads((Path(found["bundle"]) / "found.json").read_text())
    assert note["case"] == found["case"]
    assert note["verdict"]["status"] == "diverges"


def test_the_second_way_of_an_engine_counts_as_much_as_the_first(tmp_path, monkeypatch):
    monkeypatch.setattr(differential, "generate", plain_cases)
    ways = {"jumping": faulty(""), "bar by bar": faulty("fee_twice")}
    sides = Sides(MINI, answer, ways)
    (scenario,) = plain_cases("vectorbt", 1, 1)
    verdict = sides.judge(scenario, play(scenario))
    assert verdict.status.value == "diverges"
    assert verdict.reason.startswith("bar by bar: ")


def test_an_engine_that_crashes_does_not_agree(run):
    document = run(lambda _scenario, _platform: Failed("out of memory"), cases=2)
    assert document["exit_code"] == 3
    assert document["found"] == []
