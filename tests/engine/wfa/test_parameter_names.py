"""Parameters may have any name but those of the columns that a walk's tables have themselves."""

import pytest
from markets import Fade, noise

from engine.errors import SearchError
from engine.optimizer import generate_grid
from engine.strategy import StrategyBase
from engine.vectorized import VectorizedEngine
from engine.wfa import Rolling, WalkForwardValidator


def walker():
    engine = VectorizedEngine(fee=0.0005)
    return WalkForwardValidator(Rolling(200, 50), engine=engine, resamples=100, jobs=1)


class Fallen(Fade):
    """The same by another name for its parameter, which tables of windows might want as well."""

    name = "fallen"

    def __init__(self, window: int = 2) -> None:
        super().__init__(window)


def test_a_parameter_may_be_called_window():
    given = noise(600, 2)
    own = walker().run(given, Fallen, generate_grid({"window": [1, 2, 3]}))
    other = walker().run(given, Fade, generate_grid({"falls": [1, 2, 3]}))
    assert own.windows["window"].to_list() == other.windows["falls"].to_list()
    assert own.windows["window_number"].to_list() == list(range(8))
    assert own.windows["test_sharpe"].to_list() == other.windows["test_sharpe"].to_list()


class Sided(StrategyBase):
    name = "sided"

    def __init__(self, side: int = 1) -> None:
        self.side = side


def test_a_parameter_with_the_name_of_another_column_is_told():
    with pytest.raises(SearchError, match="parameter 'side' has the name of a column"):
        walker().run(noise(600, 2), Sided, generate_grid({"side": [1, 2]}))
