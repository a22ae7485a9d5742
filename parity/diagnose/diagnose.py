"""The diagnosis from end to end."""

from __future__ import annotations

import itertools
from typing import Any

import numpy as np
import polars as pl
from numpy.typing import NDArray

from engine.schema import TRADES, conform
from parity.align import Aligned, align
from parity.diagnose.case import Case
from parity.diagnose.diagnosis import Attempt, Diagnosis
from parity.diagnose.parting import parting_of
from parity.diagnose.replays import replay_sets
from parity.diagnose.rules import changes_for
from parity.diagnose.score import check_times, rows_of
from parity.diagnose.search import Trials, search
from parity.diagnose.waterfall import steps_of

# How many sets of several changes a diagnosis lists.
SHOWN = 10


def diagnose(case: Case) -> Diagnosis:
    """Find the smallest set of rule changes under which our replay is the reference's ledger.

    Every rule is tried alone, then every pair, then the best pairs with a third and a fourth.
    Raises InputError for trades that do not fit the bars.
    """
    reference = rows_of(case)
    check_times(case, reference)
    trials = Trials(case, float(reference["pnl"].sum()), len(reference))
    (base,) = trials.try_all([()])
    singles = changes_for(case) if base.score.differing else []
    best, others = search(trials, singles)
    (trades,) = replay_sets(case, [()])
    return Diagnosis(
        name=case.name,
        reference_trades=len(reference),
        reference_pnl=trials.pnl,
        aligned=aligned_of(case, trades),
        parting=parting_of(case, reference, trades),
        base=base.score,
        best=best,
        explained=best.score.differing == 0,
        others=others,
        tried=tried_of(trials, best),
        replays=len(trials.done),
        steps=steps_of(trials, best),
    )


def tried_of(trials: Trials, best: Attempt) -> tuple[Attempt, ...]:
    """Every single change, and the best of the larger sets without idle parts; least left first."""
    ranked = sorted(trials.done.values(), key=lambda one: (trials.rank(one), len(one.changes)))
    single = [one for one in ranked if len(one.changes) == 1]
    more = (one for one in ranked if len(one.changes) > 1 and not trials.idle(one))
    chosen = (*single, *itertools.islice(more, SHOWN))
    return tuple(sorted(chosen, key=lambda one: (one is not best, trials.rank(one))))


def aligned_of(case: Case, trades: NDArray[Any]) -> Aligned:
    """The reference's trades and ours laid side by side."""
    reference = conform(case.trades, TRADES, where=f"{case.name}: reference trades")
    symbol = reference["symbol"][0] if reference.height else case.panel.symbols[0]
    return align("trades", reference, frame_of(case, trades, symbol), case.panel.clock)


def frame_of(case: Case, trades: NDArray[Any], symbol: str) -> pl.DataFrame:
    """Trades of a replay as a TRADES frame under the name the reference uses."""
    clock = case.panel.clock
    plain = ("quantity", "entry_price", "entry_commission", "exit_price", "exit_commission")
    columns = {
        "trade_id": np.arange(len(trades)),
        "position_id": trades["position"] - (trades["position"][0] if len(trades) else 0),
        "symbol": np.full(len(trades), symbol, dtype=object),
        "entry_time": clock.gather(np.ascontiguousarray(trades["entry_bar"])),
        "exit_time": clock.gather(np.ascontiguousarray(trades["exit_bar"])),
        **{name: np.ascontiguousarray(trades[name]) for name in (*plain, "pnl", "return")},
        "status": np.where(trades["open"] == 1, "open", "closed").astype(object),
    }
    return pl.DataFrame(
        {name: pl.Series(name, columns[name], dtype=kind) for name, kind in TRADES.items()}
    )
