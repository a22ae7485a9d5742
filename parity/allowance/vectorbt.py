"""What vectorbt's settings permit: directions, stops that reverse, fees by bar, custom prices."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from typing import Any

import polars as pl

from engine.schema import Kind, Unit
from parity.allowance.allowance import Allowance
from parity.platforms import Platform
from scenarios.scenario import Scenario


def allow(scenario: Scenario, platform: Platform, accounts: Iterable[str]) -> Allowance:
    """Read a scenario's settings as this platform gets them."""
    options = {**scenario.options.get(platform.name, {}), **platform.options}
    account, frame = scenario.account, scenario.script.frame

    def values(option: str, default: Any) -> list[Any]:
        """Every value an option takes: the script's cells and, where those are null, the run's."""
        column = f"{platform.name}.{option}"
        cells = frame[column].drop_nulls().to_list() if column in frame.columns else []
        run = options.get(option, default)
        return [*cells, *(run if isinstance(run, list) else [run])]

    fees = [*values("fees", account.commission), *values("fixed_fees", account.fixed)]
    directions = _directions(scenario, platform, options)
    stops_reverse = any("reverse" in str(v) for v in values("upon_stop_exit", "close"))
    # vectorbt sells 1.5 times what is held when an exit of 150 percent accumulates.
    oversells = "percent" in values("size_type", "amount") and _largest_size(scenario) > 1
    return Allowance(
        cash=_cash(options.get("init_cash", account.cash), accounts),
        slippage=max(values("slippage", account.slippage)),
        any_price="price" in frame.columns
        or scenario.script.defaults.get("price", "close") not in ("open", "close"),
        negative_fees=min(fees) < 0,
        growth=None if stops_reverse or oversells else _growth(scenario, directions),
    )


def _largest_size(scenario: Scenario) -> float:
    """The largest finite size the script names, 0 if it names none."""
    frame, default = scenario.script.frame, scenario.script.defaults.get("size", 0.0)
    sizes = frame["size"].drop_nulls().to_list() if "size" in frame.columns else []
    finite = [float(size) for size in (*sizes, default) if math.isfinite(float(size))]
    return max(finite, default=0.0)


def _cash(start: Any, accounts: Iterable[str]) -> dict[str, float]:
    """The money each account starts with; a platform that finds it itself leaves it unknown."""
    names = list(accounts)
    amounts = start if isinstance(start, list) else [start] * len(names)
    if any(isinstance(amount, str) for amount in amounts):
        return {}
    return dict(zip(names, map(float, amounts), strict=False))


def _directions(
    scenario: Scenario, platform: Platform, options: Mapping[str, Any]
) -> pl.Series | None:
    """The direction of each row of the script, long only where a cell has none.

    None where all four flags are read.
    """
    frame, column = scenario.script.frame, f"{platform.name}.direction"
    run = options.get("direction")
    if run is None and column not in frame.columns:
        return None
    by_symbol = run if isinstance(run, list) else [run or "longonly"] * len(scenario.symbols)
    default = frame["symbol"].replace_strict(
        dict(zip(scenario.symbols, by_symbol, strict=False)), default=None, return_dtype=pl.String()
    )
    if column not in frame.columns:
        return default
    return pl.select(pl.coalesce(frame[column], default)).to_series()


def _growth(scenario: Scenario, directions: pl.Series | None) -> pl.DataFrame | None:
    frame = scenario.script.frame
    if scenario.script.kind == "orders":
        return _growth_by_orders(scenario)
    if directions is None:
        return frame.select("timestamp", "symbol", long="entry", short="short_entry")
    side = pl.lit(directions)
    return frame.select(
        "timestamp",
        "symbol",
        long=pl.col("entry") & (side != "shortonly"),
        short=pl.when(side == "both")
        .then("exit")
        .otherwise(pl.col("entry") & (side == "shortonly")),
    )


def _growth_by_orders(scenario: Scenario) -> pl.DataFrame | None:
    """A market order may add to a position on the bar after it; its children may not."""
    tape = scenario.script.frame.filter(pl.col("parent_id").is_null())
    at_once = (pl.col("kind") == Kind.MARKET.value) & (pl.col("unit") == Unit.UNITS.value)
    if not tape.select(at_once.all()).item():
        return None
    clock = scenario.bars["timestamp"].unique().sort()
    following = pl.DataFrame({"timestamp": clock, "next": clock.shift(-1)})
    orders = tape.join(following, on="timestamp").drop_nulls("next")
    bought, sold = (pl.col("quantity") > 0).any(), (pl.col("quantity") < 0).any()
    return orders.group_by(timestamp="next", symbol="symbol").agg(long=bought, short=sold)
