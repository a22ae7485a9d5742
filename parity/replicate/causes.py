"""Why strategies of a batch differ: the smallest sets of rule changes, by ``parity.diagnose``."""

from __future__ import annotations

from typing import Any

import numpy as np
import polars as pl

from engine.errors import InputError
from engine.execution import vectorbt_pro
from engine.execution.records import Floats, Marks
from engine.panel import Panel
from engine.schema import TRADES
from engine.script import Account
from parity.diagnose import Case, diagnose
from parity.diagnose.document import tell_diagnosis
from parity.replicate.ledger import FIELDS, Ledger
from parity.replicate.prices import Prices
from parity.replicate.settings import Settings
from parity.replicate.signals import Signals
from parity.replicate.simulate import STOPS

OPEN_EDITION, NEXT = "vectorbt", "next_open"


def causes_of(
    places: list[int],
    signals: Signals,
    stops: dict[str, Floats],
    prices: Prices,
    theirs: Ledger,
    settings: Settings,
) -> list[dict[str, Any]]:
    """Diagnose the strategies at some places; what cannot be diagnosed says why."""
    panel = panel_of(prices)
    told = []
    for place in places:
        name = signals.strategies[place]
        try:
            found = diagnose(case_of(place, signals, stops, panel, theirs, settings))
        except InputError as error:
            told.append({"name": name, "explained": False, "why": str(error)})
            continue
        told.append(tell_diagnosis(found))
    return told


def panel_of(prices: Prices) -> Panel:
    """The bars of a batch, on the clock of its files."""
    clock = pl.Series("timestamp", prices.times).cast(pl.Datetime("ms")).dt.replace_time_zone("UTC")
    return Panel(clock, ("bars",), prices.market)


def case_of(
    place: int,
    signals: Signals,
    stops: dict[str, Floats],
    panel: Panel,
    theirs: Ledger,
    settings: Settings,
) -> Case:
    """One strategy with all that is known of how its trades came about."""
    values = {name: float(stops[name][place]) for name in STOPS}
    given = {name: value for name, value in values.items() if not np.isnan(value)}
    size = {} if np.isinf(settings.size) else {"size": settings.size}
    price = "close" if settings.entry_price == "close" else "open"
    return Case(
        signals.strategies[place],
        panel,
        {flag: of_one(marks, place) for flag, marks in signals.marks.items()},
        {**given, **size, "price": price},
        Account(settings.cash, settings.fees, settings.fixed, settings.slippage),
        options_of(settings),
        trades_frame(theirs, place, panel.clock),
        tolerance=0.0 if not theirs.single else 1e-6,
    )


def of_one(marks: Marks, place: int) -> Marks:
    """The marks of one strategy."""
    bars = marks.bars[marks.start[place] : marks.start[place + 1]]
    return Marks(np.array([0, len(bars)], dtype=np.int64), bars)


def options_of(settings: Settings) -> dict[str, Any]:
    """The options of the model whose rules are flipped; the open edition is one reading of it."""
    own = {k: v for k, v in settings.options.items() if k in vectorbt_pro.OPTIONS}
    base = dict(vectorbt_pro.OPEN_EDITION) if settings.model == OPEN_EDITION else {}
    after = {"entry_price": "nextopen"} if settings.entry_price == NEXT else {}
    return {**base, **own, **after}


def trades_frame(ledger: Ledger, place: int, clock: pl.Series) -> pl.DataFrame:
    """A strategy's trades as TRADES; a fee that the file does not tell is zero.

    Raises InputError for a time that is no bar.
    """
    rows = ledger.of(place)
    field = {name: np.ascontiguousarray(rows[n]) for n, name in enumerate(FIELDS)}
    if (field["entry_bar"] < 0).any() or (field["exit_bar"] < 0).any():
        raise InputError("some of its trades begin or end at a time without a bar")
    count = rows.shape[1]
    columns = {
        "trade_id": np.arange(count),
        "position_id": np.arange(count),
        "symbol": np.full(count, "bars", dtype=object),
        "quantity": field["size"] * field["side"],
        "entry_time": clock.gather(field["entry_bar"].astype(np.int64)),
        "entry_price": field["entry_price"],
        "entry_commission": np.nan_to_num(field["entry_fees"]),
        "exit_time": clock.gather(field["exit_bar"].astype(np.int64)),
        "exit_price": field["exit_price"],
        "exit_commission": np.nan_to_num(field["exit_fees"]),
        "pnl": field["pnl"],
        "return": np.nan_to_num(field["return"]),
        "status": np.where(field["open"] == 1.0, "open", "closed").astype(object),
    }
    return pl.DataFrame(
        {name: pl.Series(name, columns[name], dtype=kind) for name, kind in TRADES.items()}
    )
