"""What the account is worth at each bar, on bars that are played and on those between."""

from __future__ import annotations

from engine.execution.house.state import Bars, Work
from engine.execution.kernel import rule
from engine.execution.records import Floats


@rule
def value_at(prices: Floats, t: int, work: Work) -> None:
    """What is held is valued at this bar's prices; a symbol without a bar keeps its last one."""
    for column in range(len(work.holdings)):
        price = prices[column, t]
        if price == price:
            work.holdings[column]["mark"] = price


@rule
def tell(t: int, work: Work) -> None:
    """Write down cash, and cash and all that is held."""
    total = cash = work.desk[0]["cash"]
    for column in range(len(work.holdings)):
        holding = work.holdings[column]
        if holding["size"] != 0:
            total += holding["size"] * holding["mark"]
    work.cash[t], work.equity[t] = cash, total


@rule
def rest(t: int, until: int, bars: Bars, work: Work) -> None:
    """Bars on which nothing happens but that prices move."""
    if len(work.holdings) == 1:
        rest_alone(t, until, bars.worth[0], work)
        return
    for bar in range(t, until):
        value_at(bars.worth, bar, work)
        tell(bar, work)


@rule
def rest_alone(t: int, until: int, close: Floats, work: Work) -> None:
    """The same for one symbol, with its numbers at hand."""
    cash, holding = work.desk[0]["cash"], work.holdings[0]
    size, mark = holding["size"], holding["mark"]
    for bar in range(t, until):
        price = close[bar]
        mark = price if price == price else mark
        work.cash[bar] = cash
        work.equity[bar] = cash + size * mark if size != 0 else cash
    holding["mark"] = mark
