"""Stories on which our own rules, rightly chosen, fill as a real platform did: its stored answers.

The list names the stories; one that is on it must keep agreeing, every fill to the bit.
"""

import json
from pathlib import Path

import polars as pl
import pytest

from engine.simulate import simulate
from parity.outcome import Recorded
from parity.platforms import find_platforms
from parity.reference import load_reference
from scenarios.load import load_library

HERE = Path(__file__).parent
ROOT = HERE.parents[1] / "reference_data"
STORIES = json.loads((HERE / "house_agrees.json").read_text(encoding="utf-8"))
KEYS = ("timestamp", "symbol", "quantity", "price")

# What a platform does, in our words. backtesting.py and backtrader ask for their stop first, even
# where the bar opens beyond the target; backtrader's children are blind on the entry bar.
RULES = {
    "backtesting_py orders": {"same_bar": "worst", "cash_rule": "margin"},
    "backtrader orders": {"same_bar": "worst", "cash_rule": "margin", "entry_bar": "skip"},
    "vectorbt orders": {"same_bar": "worst", "entry_bar": "skip"},
    "vectorbt signals": {
        "timing": "close",
        "stop_basis": "bar_close",
        "same_bar": "worst",
        "reentry": "skip_bar",
    },
}


@pytest.fixture(scope="module")
def library():
    return {scenario.name: scenario for scenario in load_library()}


@pytest.mark.parametrize("who", STORIES)
def test_house_fills_as_the_platform_did(who, library):
    place, kind = who.split()
    (platform,) = find_platforms(place)
    options = RULES[f"{platform.name} {kind}"]
    for name in STORIES[who]:
        story = library[name]
        told = {"account": story.account, "symbols": story.symbols, "options": options}
        fills = simulate(story.bars, story.script, "house", **told).fills
        reference = load_reference(ROOT, story, platform).outcome
        assert isinstance(reference, Recorded), name
        assert ordered(fills).equals(ordered(reference.tables["fills"])), name


def ordered(fills: pl.DataFrame) -> pl.DataFrame:
    return fills.select(KEYS).sort(KEYS)


def test_the_list_is_not_short():
    assert {who: len(names) > 15 for who, names in STORIES.items()} == dict.fromkeys(STORIES, True)
