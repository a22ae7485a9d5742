"""Strategies by name, module and file; what nearly names one is offered."""

import pickle
import re

import pytest

from engine.errors import StrategyError
from engine.strategies import SHIPPED, build_strategy, find_strategy
from engine.strategies.sma_cross import SmaCross
from engine.strategy import StrategyBase, parameters

OWN = """
import polars as pl
from engine.strategy import StrategyBase

class Always(StrategyBase):
    name = "always"

    def __init__(self, size: float = 1.0, side: int = 1, label: str = "x", on: bool = True):
        self.size, self.side, self.label, self.on = size, side, label, on

    def add_indicators(self, lf):
        return lf

    def signal(self):
        return pl.lit(self.size * self.side)
"""


@pytest.fixture
def file(tmp_path):
    path = tmp_path / "mine.py"
    path.write_text(OWN)
    return path


def refusal(text, **params):
    with pytest.raises(StrategyError) as caught:
        build_strategy(text, params)
    return str(caught.value)


@pytest.mark.parametrize("name", SHIPPED)
def test_a_shipped_strategy_is_called_what_it_says(name):
    assert find_strategy(name).name == name
    assert issubclass(find_strategy(SHIPPED[name]), StrategyBase)


def test_parameters_by_name():
    strategy = build_strategy("sma_cross", {"fast": 5, "slow": 30, "short": -1})
    assert parameters(strategy) == {"fast": 5, "slow": 30, "short": -1, "warmup": 29}


def test_by_module():
    assert find_strategy("engine.strategies.sma_cross:SmaCross") is SmaCross
    assert find_strategy("engine.strategies.sma_cross") is SmaCross


def test_by_file(file):
    strategy = build_strategy(f"{file}:Always", {"size": 2})
    assert parameters(strategy)["size"] == 2
    assert find_strategy(str(file)) is find_strategy(f"{file}:Always"), "the only one there"
    assert parameters(pickle.loads(pickle.dumps(strategy))) == parameters(strategy)


def test_a_file_that_was_edited_is_run_again(file):
    before = find_strategy(str(file))
    file.write_text(OWN.replace('"always"', '"edited"'))
    assert (before.name, find_strategy(str(file)).name) == ("always", "edited")


def test_a_module_in_the_folder_one_stands_in(file, monkeypatch):
    monkeypatch.chdir(file.parent)
    assert find_strategy("mine:Always").name == "always"


def test_a_name_that_is_nearly_right():
    assert "did you mean 'sma_cross'?" in refusal("sma_crss")
    assert "shipped ones are" in refusal("nothing like it")


def test_a_class_that_is_nearly_right(file):
    assert "did you mean 'Always'?" in refusal(f"{file}:Alway")
    assert "no strategy that can be run" in refusal(f"{file}:pl")
    assert "no strategy that can be run" in refusal("engine.strategy:StrategyBase")


def test_two_strategies_in_a_file_need_a_name(file):
    file.write_text(OWN + OWN.replace("Always", "Never").replace('"always"', '"never"'))
    assert "['Always', 'Never']; name one" in refusal(str(file))
    file.write_text("x = 1")
    assert "no strategy" in refusal(str(file))


def test_what_cannot_be_imported(file):
    assert "no file" in refusal("nowhere.py:Always")
    assert "no module no.where" in refusal("no.where:Always")
    file.write_text("import missing_library")
    assert "missing_library" in refusal(str(file))
    file.write_text("1 / 0")
    assert "ZeroDivisionError" in refusal(str(file))


def test_parameters_that_are_wrong(file):
    assert "no parameter 'fsat' (did you mean 'fast'?)" in refusal("sma_cross", fsat=3)
    assert "fast is 'ten', not int" in refusal("sma_cross", fast="ten")
    assert "fast is 2.5, not int" in refusal("sma_cross", fast=2.5)
    assert "give 1 <= fast < slow" in refusal("sma_cross", fast=30, slow=10)
    assert "on is 1, not bool" in refusal(str(file), on=1)
    assert "size is True, not float" in refusal(str(file), size=True)


def test_a_parameter_without_a_default(file):
    file.write_text(re.sub(r"size: float = 1.0", "size: float", OWN))
    assert "needs a value for 'size'" in refusal(str(file))
