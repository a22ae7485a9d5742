"""Features are read from the data; every pair of them meets somewhere or has a written reason."""

from dataclasses import replace
from pathlib import Path

import pytest

from engine.errors import ScenarioError
from scenarios.features import DECLARED, DERIVED, FEATURES, pair_table, read_reasons
from scenarios.load import load_library, load_scenario
from scenarios.scenario import Scenario
from tests.scenarios.stories import STORY, write


def features(folder: Path, old: str = "", new: str = "", text: str = STORY) -> set[str]:
    assert old in text
    return set(load_scenario(write(folder, text.replace(old, new)), folder).features)


def test_features_are_read_from_the_data(tmp_path: Path) -> None:
    assert features(tmp_path) == {
        "cost", "exit_signal", "missing_bar", "multi_asset", "nan_price", "stop_loss",
    }  # fmt: skip


SHOWN = {
    "short": ("entry = true", "short_entry = true"),
    "conflict": ("entry = true", "entry = true, exit = true"),
    "open_price": ("size = 2", 'price = "open"'),
    "custom_price": ("size = 2", "price = 9.5"),
    "trailing": ("size = 2", "trailing_stop = 0.1"),
    "take_profit": ("size = 2", "take_profit = 0.1"),
    "slippage": ("[bars]", "[account]\nslippage = 0.1\n[bars]"),
    "cash_sharing": ("[bars]", "[options.vectorbt]\ncash_sharing = true\n[bars]"),
    "accumulate": ("[bars]", '[options.vectorbt]\naccumulate = ["disabled", "addonly"]\n[bars]'),
    "percent_size": ("[bars]", '[options.vectorbt]\nsize_type = ["amount", "percent"]\n[bars]'),
    "granularity": ("fees = 0.01", "size_granularity = 0.1"),
    "no_partial": ("fees = 0.01", "allow_partial = false"),
    "tight_cash": ("[bars]", 'features = ["tight_cash"]\n[bars]'),
}


@pytest.mark.parametrize("feature", SHOWN)
def test_a_change_of_the_data_shows(feature: str, tmp_path: Path) -> None:
    assert feature not in features(tmp_path)
    assert feature in features(tmp_path, *SHOWN[feature])


def test_a_tape_shows_its_children_and_its_shorts(tmp_path: Path) -> None:
    tape = """
[script]
orders = [
  { bar = 0, symbol = "A", quantity = -5 },
  { bar = 0, symbol = "A", kind = "limit", quantity = 5, limit_price = 8, parent = 0 },
]
"""
    shown = features(tmp_path, text=STORY.split("[script]")[0] + tape)
    assert {"order_tape", "short", "take_profit", "cash_sharing", "open_price"} <= shown


def test_every_feature_is_declared_or_derived_not_both() -> None:
    assert not set(DECLARED) & set(DERIVED)
    assert set(FEATURES) == set(DECLARED) | set(DERIVED) | {"real_bars"}
    assert list(FEATURES) == sorted(FEATURES)


def story(*words: str) -> Scenario:
    (base,) = load_library("001_simple_market_orders")
    return replace(base, features=words)


def test_a_story_counts_once_for_each_pair_of_its_features() -> None:
    table = pair_table([story("cost", "gap", "short"), story("cost", "gap")], {})
    assert table.counts["cost", "gap"] == 2
    assert table.counts["cost", "short"] == 1
    assert table.counts["short", "trailing"] == 0
    assert ("short", "trailing") in table.unexplained
    assert ("cost", "gap") not in table.unexplained


def test_a_reason_explains_an_empty_cell_and_no_other() -> None:
    table = pair_table([story("cost", "gap")], {("short", "trailing"): "x", ("cost", "gap"): "y"})
    assert ("short", "trailing") not in table.unexplained
    assert table.overtaken == [("cost", "gap")]


@pytest.mark.parametrize("text", ['[nope]\nshort = "x"', '[short]\nnope = "x"', "[short]\ngap = 1"])
def test_a_wrong_reason_is_an_error(text: str, tmp_path: Path) -> None:
    path = tmp_path / "pairs.toml"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(ScenarioError, match=r"pairs\.toml"):
        read_reasons(path)


def test_no_pair_is_empty_without_a_written_reason() -> None:
    table = pair_table(load_library())
    assert table.unexplained == []
    assert table.overtaken == []
