"""Play small market stories on your own VectorBT Pro and write down what it did.

    python captures.py OUT

It needs numpy, pandas, pyarrow and vectorbtpro, and nothing of truefill; this one file may be
copied anywhere. Each story has two to nine bars and asks about open rules; together they take
seconds. OUT gets a folder for each, with ``capture.json`` (the story, the arguments, the version)
and ``orders.parquet``. What the platform does not accept is written down as its answer. Then

    truefill replicate import-captures OUT

says which readings of each rule the platform supports.

Written from public pages: ``Portfolio.from_signals`` with ``sl_stop``, ``tsl_stop``, ``tsl_th``,
``tp_stop``, ``price``, ``size``, ``fees``, ``slippage``, ``init_cash``, and its order records.
"""

from __future__ import annotations

import argparse
import hashlib
import importlib
import json
import platform
import shutil
import sys
import tempfile
from pathlib import Path
from typing import Any

FORMAT = 1
START = "2024-01-02T00:00:00"
FIELDS = ("bar", "quantity", "price", "fees")
FLAT = (10, 10, 10, 10)
CALM = (20, 20, 20, 20)

# A story: its bars (open, high, low, close), the bars of its signals, the arguments beside them,
# and the rules it asks about, the main one first. Without a word in ``args`` an order is of one
# unit at the open of its bar, cash is 100 and nothing is paid.
NEW_HIGH = [FLAT, (10, 12, 10, 10.5), (10.7, 10.7, 10, 10.2)]
BOTH_REACHED = [FLAT, (10, 11.5, 8.5, 10.2)]
SHORT_STOP = {"short_entry": [0], "sl_stop": 0.1}


def story(bars: Any, *asks: str, **told: Any) -> dict[str, Any]:
    """One capture; signals and arguments are told by name."""
    signals = ("entry", "exit", "short_entry", "short_exit")
    return {
        "bars": [[float(price) for price in bar] for bar in bars],
        "signals": {name: told.pop(name, []) for name in signals},
        "args": {"price": "open", "size": 1.0, "init_cash": 100.0, **told},
        "asks": list(asks),
    }


CAPTURES: dict[str, dict[str, Any]] = {
    # --- prices of signals
    "price_left_out": story(
        [(10, 12, 9, 11), (13, 14, 12, 12.5)], "entry_price", entry=[0], price=None
    ),
    "slippage_on_an_entry": story([(10, 12, 9, 11), FLAT], entry=[0], slippage=0.1),
    "next_open": story(
        [(10, 12, 9, 11), (13, 14, 12, 12.5), FLAT], entry=[0], price="nextopen", slippage=0.1
    ),
    "next_open_after_the_last_bar": story([FLAT, FLAT], entry=[1], price="nextopen"),
    # --- what stops are measured from, and where they fill
    "stop_at_its_level": story([FLAT, (10, 10, 8, 8.5)], "stop_fill", entry=[0], sl_stop=0.1),
    "stop_of_a_short": story([FLAT, (10, 12, 10, 11.5)], "stop_fill", **SHORT_STOP),
    "stop_measured_from": story(
        [(10, 10.5, 10, 10.5), (10.2, 10.2, 8, 8.6)],
        "stop_entry_price", "stop_fill", entry=[0], sl_stop=0.1,
    ),
    "stop_measured_from_with_slippage": story(
        [(10, 10.5, 10, 10.5), (10.2, 10.2, 8, 8.6)],
        "stop_entry_price", "stop_slippage", "stop_fill", entry=[0], sl_stop=0.1, slippage=0.1,
    ),
    "stop_gapped_over": story(
        [FLAT, (8.5, 9.5, 8, 8.2)], "gap_fill", "stop_fill", entry=[0], sl_stop=0.1
    ),
    "target_gapped_over": story(
        [FLAT, (12, 12.2, 11.8, 11.9)], "gap_fill", "stop_fill", entry=[0], tp_stop=0.1
    ),
    "stop_pays_slippage": story(
        [FLAT, (10, 10, 8, 8.5)],
        "stop_slippage", "stop_entry_price", "stop_fill", entry=[0], sl_stop=0.1, slippage=0.1,
    ),
    "target_pays_slippage": story(
        [FLAT, (10.5, 13, 10.5, 12.5)],
        "stop_slippage", "stop_entry_price", "stop_fill", entry=[0], tp_stop=0.1, slippage=0.1,
    ),
    # --- which comes first
    "stop_and_target_in_one_bar": story(
        BOTH_REACHED, "target_first", "stop_fill", entry=[0], sl_stop=0.1, tp_stop=0.1
    ),
    "open_beyond_the_target_then_the_stop": story(
        [FLAT, (11.5, 12, 8, 10.2)],
        "gap_first", "target_first", "gap_fill", "stop_fill", entry=[0], sl_stop=0.1, tp_stop=0.1,
    ),
    "open_beyond_the_stop_then_the_target": story(
        [FLAT, (8.5, 11.5, 8, 10.2)],
        "gap_first", "target_first", "gap_fill", "stop_fill", entry=[0], sl_stop=0.1, tp_stop=0.1,
    ),
    "stop_loss_nearer_than_the_trailing_stop": story(
        [FLAT, (10, 10, 7, 9.5)], "stop_first", "stop_fill", entry=[0], sl_stop=0.1, tsl_stop=0.2
    ),
    "trailing_stop_nearer_than_the_stop_loss": story(
        [FLAT, (10, 12, 10, 12), (12, 12, 8.5, 9.7)],
        "stop_first", "stop_fill", entry=[0], sl_stop=0.1, tsl_stop=0.2,
    ),
    "exit_signal_on_the_bar_of_a_stop": story(
        [FLAT, (10, 10, 8.5, 8.8)], "signal_first", "stop_fill", entry=[0], exit=[1], sl_stop=0.1
    ),
    "reversal_on_the_bar_of_a_stop": story(
        [FLAT, (10, 10, 8.5, 9.5)],
        "signal_first", "stop_fill", "upon_opposite_entry", "reentry_bars", "reentry_signal",
        entry=[0], short_entry=[1], sl_stop=0.1,
    ),
    # --- the entry bar
    "entry_bar_reaches_the_stop": story(
        [(10, 10.2, 8, 9.5), (9.5, 9.6, 9.4, 9.5)],
        "entry_bar_stops", "stop_entry_price", "stop_fill", entry=[0], sl_stop=0.1,
    ),
    "entry_bar_closes_beyond_the_stop": story(
        [(10, 10.2, 8, 8.5), (9.2, 9.3, 9.1, 9.2)],
        "entry_bar_stops", "stop_entry_price", "stop_fill", "gap_fill", entry=[0], sl_stop=0.1,
    ),
    # --- the trailing stop
    "new_high_and_a_close_beyond": story(
        NEW_HIGH,
        "trail_check", "close_look_fill", "stop_fill", "gap_fill", entry=[0], tsl_stop=0.1,
    ),
    "new_high_and_a_dip": story(
        [FLAT, (10, 12, 10, 11.5), (11.5, 11.6, 11.4, 11.5)],
        "trail_check", "stop_fill", entry=[0], tsl_stop=0.1,
    ),
    "second_look_against_a_target": story(
        NEW_HIGH,
        "trail_check", "close_look_fill", "stop_fill", "target_first",
        entry=[0], tsl_stop=0.1, tp_stop=0.15,
    ),
    "peak_of_the_entry_bar": story(
        [(10, 12, 10, 10), (11, 11, 8.5, 9)],
        "trail_start", "trail_check", "entry_bar_stops", "gap_fill", "close_look_fill", "stop_fill",
        entry=[0], tsl_stop=0.1,
    ),
    "trailing_stop_of_a_short": story(
        [FLAT, (8.5, 8.5, 8, 8), (8, 9, 8, 9)], "stop_fill", short_entry=[0], tsl_stop=0.1
    ),
    "threshold_not_reached": story(
        [FLAT, (10, 11.9, 10, 11.9), (11, 11, 8.5, 9)], entry=[0], tsl_stop=0.1, tsl_th=0.2
    ),
    "threshold_reached": story(
        [FLAT, (10, 12, 11, 12), (11.5, 11.5, 8.5, 9)],
        "stop_fill", entry=[0], tsl_stop=0.1, tsl_th=0.2,
    ),
    # --- after an exit
    "signal_on_the_bar_of_a_stop": story(
        [FLAT, (10, 10, 8.5, 9.5), FLAT, FLAT],
        "reentry_bars", "reentry_signal", "stop_fill", entry=[0, 1], sl_stop=0.1,
    ),
    "signal_that_stays_on": story(
        [FLAT, (10, 10, 8.5, 9.5), *[FLAT] * 6],
        "reentry_signal", "reentry_bars", "stop_fill", entry=[0, 1, 2, 3, 5, 6, 7], sl_stop=0.1,
    ),
    "signals_two_bars_apart": story(
        [FLAT, (10, 10, 8.5, 9.5), *[FLAT] * 6],
        "reentry_bars", "stop_fill", entry=[0, 2, 4, 6], sl_stop=0.1,
    ),
    "signals_two_bars_apart_and_later": story(
        [FLAT, (10, 10, 8.5, 9.5), *[FLAT] * 6],
        "reentry_bars", "stop_fill", entry=[0, 3, 5, 7], sl_stop=0.1,
    ),
    # --- money
    "all_cash_with_costs": story(
        [(6.4, 7, 6, 6.4)] * 2, "sizing", entry=[0], size=None, fees=0.25, slippage=0.25
    ),
    "all_cash_after_a_gain": story(
        [FLAT, *[CALM] * 8], "sizing", entry=[0, 8], exit=[1], size=None, fees=0.25
    ),
    "all_in_short": story([FLAT, FLAT], "sizing", short_entry=[0], size=None, fees=0.25),
    "all_in_reversal": story(
        [FLAT, CALM], "sizing", "upon_opposite_entry",
        entry=[0], short_entry=[1], size=None, fees=0.25,
    ),
    "tiny_size": story([FLAT, FLAT], "min_size", entry=[0], size=5e-9),
    # --- conflicts of signals
    "entry_of_the_other_side": story(
        [FLAT, FLAT], "upon_opposite_entry", entry=[0], short_entry=[1]
    ),
    "entry_and_exit_when_flat": story([FLAT, FLAT], "upon_long_conflict", entry=[0], exit=[0]),
    "entry_and_exit_when_long": story([FLAT, FLAT], "upon_long_conflict", entry=[0, 1], exit=[1]),
    "long_and_short_when_flat": story(
        [FLAT, FLAT], "upon_dir_conflict", entry=[0], short_entry=[0]
    ),
    "long_and_short_when_long": story(
        [FLAT, FLAT], "upon_dir_conflict", "upon_opposite_entry", entry=[0, 1], short_entry=[1]
    ),
}  # fmt: skip


def digest_of(capture: dict[str, Any]) -> str:
    """What makes one story the same story: everything it is played from."""
    told = {name: capture[name] for name in ("bars", "signals", "args")}
    return hashlib.sha256(json.dumps(told, sort_keys=True).encode()).hexdigest()


def arguments_of(capture: dict[str, Any]) -> dict[str, Any]:
    """The story as arguments of ``Portfolio.from_signals``."""
    pd, np = importlib.import_module("pandas"), importlib.import_module("numpy")
    index = pd.date_range(START, periods=len(capture["bars"]), freq="min", tz="UTC")
    bars = pd.DataFrame(capture["bars"], index=index, columns=["open", "high", "low", "close"])
    flags = {}
    for name, places in capture["signals"].items():
        values = np.zeros(len(bars), dtype=bool)
        values[places] = True
        flags[name] = pd.Series(values, index=index)
    args = {name: value for name, value in capture["args"].items() if value is not None}
    if args.get("price") in ("open", "close"):
        args["price"] = bars[args["price"]]
    if any(capture["signals"][name] for name in ("short_entry", "short_exit")):
        args |= {"short_entries": flags["short_entry"], "short_exits": flags["short_exit"]}
    prices = {name: bars[name] for name in ("open", "high", "low")}
    signals = {"entries": flags["entry"], "exits": flags["exit"]}
    return {"close": bars["close"], **prices, **signals, **args}


def orders_of(portfolio: Any) -> dict[str, list[Any]]:
    """The orders it filled: bar, signed quantity, price and fees, in order."""
    records = portfolio.orders.records
    bought = [1.0 if int(side) == 0 else -1.0 for side in records["side"]]
    sizes = [float(size) for size in records["size"]]
    return {
        "bar": [int(bar) for bar in records["idx"]],
        "quantity": [side * size for side, size in zip(bought, sizes)],  # noqa: B905
        "price": [float(price) for price in records["price"]],
        "fees": [float(fees) for fees in records["fees"]],
    }


def play(vbt: Any, capture: dict[str, Any]) -> tuple[dict[str, list[Any]], str]:
    """Its orders, or none and what it said."""
    try:
        return orders_of(vbt.Portfolio.from_signals(**arguments_of(capture))), ""
    except Exception as error:
        said = str(error).strip().splitlines() or [""]
        return {name: [] for name in FIELDS}, f"{type(error).__name__}: {said[0]}"[:200]


def write(folder: Path, head: dict[str, Any], orders: dict[str, list[Any]]) -> None:
    """One capture, aside first, then renamed."""
    pa, pq = importlib.import_module("pyarrow"), importlib.import_module("pyarrow.parquet")
    kinds = dict.fromkeys(FIELDS, pa.float64()) | {"bar": pa.int64()}
    aside = Path(tempfile.mkdtemp(prefix=f".{folder.name}-", dir=folder.parent))
    table = pa.table({name: pa.array(orders[name], kinds[name]) for name in FIELDS})
    pq.write_table(table, aside / "orders.parquet")
    (aside / "capture.json").write_text(json.dumps(head, indent=1) + "\n", encoding="utf-8")
    if folder.exists():
        shutil.rmtree(folder)
    aside.replace(folder)


def main() -> int:
    """Play every story; the exit code is 1 if the package cannot be used."""
    parser = argparse.ArgumentParser(description="Record small stories on your own VectorBT Pro.")
    parser.add_argument("out", type=Path, help="the folder to write into")
    parser.add_argument("--package", default="vectorbtpro", help="the package to import")
    given = parser.parse_args()
    try:
        vbt = importlib.import_module(given.package)
    except ImportError as error:
        print(f"{given.package} cannot be imported: {error}", file=sys.stderr)
        return 1
    given.out.mkdir(parents=True, exist_ok=True)
    answered = 0
    for name, capture in CAPTURES.items():
        orders, refusal = play(vbt, capture)
        answered += not refusal
        head = {
            "format": FORMAT,
            "name": name,
            **capture,
            "digest": digest_of(capture),
            "package": given.package,
            "version": str(getattr(vbt, "__version__", "unknown")),
            "python": platform.python_version(),
            "refusal": refusal,
        }
        write(given.out / name, head, orders)
        print(f"{name}: {refusal or str(len(orders['bar'])) + ' orders'}")
    print(f"{answered} of {len(CAPTURES)} played; written to {given.out}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
