"""What the account is worth at each bar, on steps where orders are tried and on those between."""

from __future__ import annotations

from typing import Any

from engine.execution.backtrader.costs import gain_of, settled, worth_of
from engine.execution.backtrader.state import Bars, Broker, Settings
from engine.execution.kernel import rule, step


@rule
def advance(t: int, bars: Bars, broker: Broker) -> bool:
    """Feeds that have a bar now move to it, others keep their last; false if none has."""
    moved = False
    for column in range(len(broker.holdings)):
        if bars.there[column, t] != 0:
            broker.holdings[column]["bar"] = t
            moved = True
    return moved


@rule
def tell(t: int, broker: Broker) -> None:
    """Write down the balances of a bar."""
    broker.cash[t] = broker.desk[0]["cash"]
    broker.equity[t] = broker.desk[0]["value"]


@rule
def value_account(bars: Bars, settings: Settings, broker: Broker) -> None:
    """Settle futures at the close; add up what is held, in the order it was first touched."""
    desk = broker.desk[0]
    for place in range(desk["touched"]):
        column = broker.touched[place]
        holding = broker.holdings[column]
        if holding["size"] != 0:
            close = bars.close[column, holding["bar"]]
            desk["cash"] += settled(broker.schemes[column], holding["size"], holding["base"], close)
            holding["base"] = close
    total = 0.0
    for place in range(desk["touched"]):
        column = broker.touched[place]
        holding = broker.holdings[column]
        close = bars.close[column, holding["bar"]]
        total = added(
            total, broker.schemes[column], holding["size"], holding["price"], close,
            settings.shortcash,
        )  # fmt: skip
    desk["value"] = desk["cash"] + total


@rule
def added(
    total: float, scheme: Any, size: float, mean: float, close: float, shortcash: bool
) -> float:
    """A total and one position: what leverage lent is taken off what a long is worth."""
    worth = worth_of(scheme, size, mean, close, shortcash)
    if not shortcash:
        worth = abs(worth)
    if worth > 0:
        gain = gain_of(scheme, size, mean, close)
        total += (worth - gain) / scheme["leverage"]
        return total + gain
    return total + worth


@step
def rest(t: int, until: int, bars: Bars, settings: Settings, broker: Broker) -> None:
    """Bars on which the broker only settles and values."""
    if len(broker.holdings) == 1 and broker.desk[0]["touched"] == 1:
        rest_alone(t, until, bars, settings, broker)
        return
    for bar in range(t, until):
        if advance(bar, bars, broker):
            value_account(bars, settings, broker)
        tell(bar, broker)


@step
def rest_alone(t: int, until: int, bars: Bars, settings: Settings, broker: Broker) -> None:
    """The same for one symbol, with its numbers at hand."""
    desk, holding, scheme = broker.desk[0], broker.holdings[0], broker.schemes[0]
    cash, value, last, base = desk["cash"], desk["value"], holding["bar"], holding["base"]
    size, mean = holding["size"], holding["price"]
    for bar in range(t, until):
        if bars.there[0, bar] != 0:
            last, close = bar, bars.close[0, bar]
            if size != 0:
                cash += settled(scheme, size, base, close)
                base = close
            value = cash + added(0.0, scheme, size, mean, close, settings.shortcash)
        broker.cash[bar], broker.equity[bar] = cash, value
    desk["cash"], desk["value"], holding["bar"], holding["base"] = cash, value, last, base
