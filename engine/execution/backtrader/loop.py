"""The bar loop. Its order of phases is the specification.

Each step: feeds advance; with cheat-on-open the tape is sent; the broker's pass; children of orders
that became complete are sent; without cheat-on-open the tape is sent.

The pass: bracket children of earlier fills are armed; submitted orders are checked for cash; every
waiting order is tried once, in the order of the queue; futures are settled; the account is valued.
"""

from __future__ import annotations

from engine.execution.backtrader.book import (
    accept,
    complete,
    end_family,
    end_group,
    make,
    submit,
    withdraw,
)
from engine.execution.backtrader.codes import (
    CANCEL,
    COMPLETED,
    EXPIRED,
    LIMIT,
    MARGIN,
    MARKET,
    NO_SIZER,
    PARTIAL,
    REJECTED,
    STOP,
    STOP_LIMIT,
    TRAIL,
    TRAIL_LIMIT,
)
from engine.execution.backtrader.execute import execute, rehearse
from engine.execution.backtrader.match import (
    limit_price,
    slip,
    stop_limit_price,
    stop_price,
    trail,
)
from engine.execution.backtrader.search import next_event
from engine.execution.backtrader.sizing import sized, wanted
from engine.execution.backtrader.state import Bars, Broker, Settings
from engine.execution.backtrader.value import advance, rest, tell, value_account
from engine.execution.kernel import entry, rule, step


@entry
def play(bars: Bars, settings: Settings, broker: Broker, skip: bool) -> None:
    """Play from where the desk says until the bars end, room is out, or Python would stop.

    With ``skip`` bars on which no order can do anything are only settled and valued, which is all
    that a pass would do on them.
    """
    desk, count = broker.desk[0], bars.close.shape[1]
    while desk["bar"] < count:
        t = desk["bar"]
        until = next_event(t, bars, settings, broker) if skip else t
        rest(t, until, bars, settings, broker)
        t = desk["bar"] = until
        if t == count:
            return
        if lacks_room(t, settings, broker):
            return
        if advance(t, bars, broker):
            step_through(t, bars, settings, broker)
            if desk["fault"] != 0:
                return
        tell(t, broker)
        desk["bar"] = t + 1


@step
def lacks_room(t: int, settings: Settings, broker: Broker) -> bool:
    """Whether a pass could execute more orders than there is room to log."""
    desk = broker.desk[0]
    most = desk["executions"] + desk["waiting"] + desk["submitted"]
    row = desk["row"]
    while settings.early and row < len(broker.rows) and broker.rows[row]["bar"] < t:
        most += 1
        row += 1
    return most > len(broker.executions)


@step
def step_through(t: int, bars: Bars, settings: Settings, broker: Broker) -> None:
    """Everything that happens on one step of the clock."""
    desk = broker.desk[0]
    if settings.early:
        send_until(t, bars, settings, broker)
    if desk["fault"] != 0:
        return
    broker_pass(bars, settings, broker)
    wake_children(t, bars, settings, broker)
    if not settings.early and desk["fault"] == 0:
        send_until(t + 1, bars, settings, broker)


@step
def send_until(t: int, bars: Bars, settings: Settings, broker: Broker) -> None:
    """Every row decided before bar t has its turn; a child has none before its parent is there."""
    desk = broker.desk[0]
    while desk["row"] < len(broker.rows) and broker.rows[desk["row"]]["bar"] < t:
        place = desk["row"]
        row = broker.rows[place]
        desk["row"] += 1
        if row["kind"] == CANCEL:
            withdraw(row["parent"], broker)
            continue
        if row["parent"] >= 0:
            parent = broker.rows[row["parent"]]["order"]
            if parent < 0:
                continue
            if not settings.bracket and broker.orders[parent]["status"] != COMPLETED:
                continue
        send(place, bars, settings, broker)
        if desk["fault"] != 0:
            return


@rule
def wake_children(t: int, bars: Bars, settings: Settings, broker: Broker) -> None:
    """Separate orders of the user, sent when the parent is reported complete."""
    desk = broker.desk[0]
    for place in range(desk["completed"]):
        row = broker.rows[broker.orders[broker.completed[place]]["row"]]
        child = row["child"]
        while child >= 0 and not settings.bracket and desk["fault"] == 0:
            if broker.rows[child]["bar"] <= t:
                send(child, bars, settings, broker)
            child = broker.rows[child]["sibling"]
    desk["completed"] = 0


@rule
def send(place: int, bars: Bars, settings: Settings, broker: Broker) -> None:
    """Make and submit the order of a row, unless it was withdrawn, sent, or comes to nothing."""
    desk, row = broker.desk[0], broker.rows[place]
    if row["withdrawn"] == 1 or row["order"] >= 0:
        return
    close = bars.close[row["column"], broker.holdings[row["column"]]["bar"]]
    price, kind = close, row["kind"]
    if kind == LIMIT:
        price = row["limit"]
    elif kind == STOP or kind == STOP_LIMIT:
        price = row["stop"]
    if row["unit"] != 0 or settings.sizer == NO_SIZER:
        fault, size = wanted(row, price, close, settings, broker)
    elif settings.bracket and row["parent"] >= 0:
        whole = abs(broker.orders[broker.rows[row["parent"]]["order"]]["quantity"])
        fault, size = 0, (whole if row["quantity"] > 0 else -whole)
    else:
        fault, size = sized(row, close, settings, broker)
    if fault != 0:
        desk["fault"], desk["column"] = fault, row["column"]
    elif size != 0:
        buys = size > 0 if size == size else row["quantity"] > 0
        submit(make(place, size, buys, close, broker), settings, broker)


@rule
def broker_pass(bars: Bars, settings: Settings, broker: Broker) -> None:
    """One pass of the broker."""
    desk = broker.desk[0]
    desk["passes"] += 1
    for place in range(desk["arming"]):
        broker.orders[broker.arming[place]]["active"] = 1
    desk["arming"] = 0
    check_submitted(bars, settings, broker)
    kept = 0
    for place in range(desk["waiting"]):
        number = broker.waiting[place]
        order = broker.orders[number]
        if order["waits"] == 0:
            continue
        order["waits"] = 0
        bar = broker.holdings[order["column"]]["bar"]
        if order["kind"] != MARKET and order["expires"] >= 0 and bar > order["expires"]:
            order["status"], order["changed"] = EXPIRED, bar
            end_group(number, broker)
            end_family(number, broker)
            continue
        if order["active"] == 1:
            attempt(number, bar, bars, settings, broker)
            if order["status"] == COMPLETED:
                complete(number, broker)
                broker.completed[desk["completed"]] = number
                desk["completed"] += 1
            if order["status"] > PARTIAL:
                continue
        order["waits"] = 1
        broker.waiting[kept] = number
        kept += 1
    desk["waiting"] = kept
    value_account(bars, settings, broker)


@rule
def check_submitted(bars: Bars, settings: Settings, broker: Broker) -> None:
    """Play all submitted orders one after another on a copy of the account; refuse those that leave
    it below zero. What a refused order took from the copy is not given back.
    """
    desk, orders = broker.desk[0], broker.orders
    cash = desk["cash"]
    for place in range(desk["submitted"]):
        number = broker.submitted[place]
        order = orders[number]
        if order["parent"] >= 0 and orders[order["parent"]]["family"] == 0:
            order["status"], order["changed"] = REJECTED, broker.holdings[order["column"]]["bar"]
            continue
        cash = rehearse(number, cash, bars, settings, broker)
        if cash >= 0:
            accept(number, broker)
            continue
        order["status"], order["changed"] = MARGIN, broker.holdings[order["column"]]["bar"]
        end_group(number, broker)
        end_family(number, broker)
    desk["submitted"] = 0


@rule
def attempt(number: int, bar: int, bars: Bars, settings: Settings, broker: Broker) -> None:
    """Try an order on the last bar of its feed, be it old; then let it trail that bar's close."""
    order = broker.orders[number]
    column, kind, buys = order["column"], order["kind"], order["buys"] == 1
    first, close = bars.open[column, bar], bars.close[column, bar]
    high, low = bars.high[column, bar], bars.low[column, bar]
    stamp, found, price = bar, False, 0.0
    trails = (kind == TRAIL or kind == TRAIL_LIMIT) and order["triggered"] == 0
    if kind == MARKET:
        if settings.on_close:
            stamp = order["created"]
            found, price = slip(
                buys, high, low, order["close"], settings.slip_open, False, settings
            )
        elif settings.early or bar > order["created"]:
            found, price = slip(buys, high, low, first, settings.slip_open, False, settings)
    elif kind == LIMIT:
        found, price = limit_price(buys, order["price"], first, high, low, settings)
    elif order["triggered"] == 1:
        found, price = limit_price(buys, order["limit"], first, high, low, settings)
    elif kind == STOP or kind == TRAIL:
        found, price = stop_price(buys, order["price"], first, high, low, settings)
    else:
        found, price = stop_limit_price(order, first, high, low, close, settings)
    if found:
        execute(number, price, stamp, bars, settings, broker)
    if trails and order["status"] <= PARTIAL:
        trail(order, close)
