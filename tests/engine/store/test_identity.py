"""A run's id changes with everything that decides its numbers, and with nothing else."""

from dataclasses import replace
from datetime import UTC, datetime

import polars as pl
import pytest

from engine.errors import InputError
from engine.store.identity import RunIdentity, cost_model_id, identify, strategy_code
from engine.strategies import build_strategy
from engine.vectorized import VectorizedEngine

RUN = RunIdentity(
    strategy="sma_cross",
    strategy_version="1",
    strategy_code="c0de",
    data_version="da7a",
    frequency="1d",
    start=datetime(2024, 1, 1, tzinfo=UTC),
    end=datetime(2024, 12, 31, tzinfo=UTC),
    universe=("AAPL", "MSFT"),
    cost_model="next_open-1f3a9c2b",
    params={"fast": 20, "slow": 100},
    code_version="truefill 0.1.0",
)


@pytest.mark.parametrize(
    "change",
    [
        {"strategy": "breakout"},
        {"strategy_version": "2"},
        {"strategy_code": "0ther"},
        {"data_version": "newer"},
        {"frequency": "1h"},
        {"start": datetime(2024, 1, 2, tzinfo=UTC)},
        {"end": datetime(2024, 12, 30, tzinfo=UTC)},
        {"universe": ("AAPL",)},
        {"cost_model": "close-1f3a9c2b"},
        {"params": {"fast": 21, "slow": 100}},
        {"params": {"fast": 20.0, "slow": 100}},
    ],
)
def test_whatever_decides_the_numbers_is_in_the_id(change):
    assert replace(RUN, **change).run_id != RUN.run_id


@pytest.mark.parametrize(
    "change",
    [
        {"asset_class": "equity"},
        {"code_version": "truefill 0.2.0"},
        {"universe": ("MSFT", "AAPL")},
        {"params": {"slow": 100, "fast": 20}},
    ],
)
def test_nothing_else_is(change):
    assert replace(RUN, **change).run_id == RUN.run_id


def test_the_file_is_named_by_strategy_asset_class_time_frame_and_hash():
    own = replace(RUN, asset_class="US equity")
    assert own.file_name == f"sma-cross_US-equity_1d_{RUN.run_id[:12]}.parquet"


def test_params_are_json_and_columns():
    row = replace(RUN, params={"fast": 20, "bands": [1.5, 2.0]}).row().row(0, named=True)
    assert row["params"] == '{"bands": [1.5, 2.0], "fast": 20}'
    assert (row["param_fast"], row["param_bands"]) == (20, "[1.5, 2.0]")
    assert (row["start"], row["universe"]) == (RUN.start, "AAPL,MSFT")


def test_costs_name_their_execution_and_differ_by_their_numbers():
    cheap, dear = (VectorizedEngine(fee=fee) for fee in (0.0, {"A": 0.1}))
    assert cost_model_id(cheap).startswith("next_open-")
    assert cost_model_id(cheap) == cost_model_id(VectorizedEngine())
    assert len({cost_model_id(one) for one in (cheap, dear, VectorizedEngine("close"))}) == 3


def test_code_is_the_file_a_strategy_is_written_in(tmp_path):
    file = tmp_path / "mine.py"
    text = (
        "import polars as pl\n"
        "from engine.strategy import StrategyBase\n"
        "class Mine(StrategyBase):\n"
        "    name = 'mine'\n"
        "    def add_indicators(self, lf): return lf\n"
        "    def signal(self): return pl.lit({})\n"
    )
    file.write_text(text.format(1.0), encoding="utf-8")
    before = strategy_code(build_strategy(str(file)))
    file.write_text(text.format(2.0), encoding="utf-8")
    assert strategy_code(build_strategy(str(file))) != before


def test_code_typed_in_at_a_prompt_has_its_own_digest():
    made = {}
    text = (
        "from engine.strategy import StrategyBase\n"
        "class Typed(StrategyBase):\n"
        "    def add_indicators(self, lf): return lf\n"
        "    def signal(self): return {}\n"
    )
    for value in (1, 2):
        exec(text.format(value), {"__name__": "typed_in"}, space := {})
        made[value] = strategy_code(space["Typed"]())
    assert made[1] != made[2]


def test_a_run_without_bars_has_no_identity():
    nothing = pl.DataFrame(schema={"timestamp": pl.Datetime("ms", "UTC"), "symbol": pl.String()})
    with pytest.raises(InputError, match="no bars"):
        identify(
            build_strategy("sma_cross"),
            VectorizedEngine(),
            nothing,
            data_version="x",
            frequency="1d",
        )
