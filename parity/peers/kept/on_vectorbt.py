"""Ask vectorbt's ``from_signals`` for the same, where it is all or nothing of one symbol.

Run by vectorbt's own Python: ``on_vectorbt.py CASES ANSWERS``.
"""

from __future__ import annotations

import sys
from pathlib import Path

import pandas as pd
import vectorbt as vbt

sys.path.append(str(Path(__file__).resolve().parents[1] / "kept"))

from told import Case, main

CASH = 1e6


def equity_of(case: Case) -> list[float]:
    """Equity at each close, of one unit of money."""
    (close,), (wanted,) = case["close"].values(), case["exposure"].values()
    inside = pd.Series(wanted) > 0
    portfolio = vbt.Portfolio.from_signals(
        pd.Series(close), inside, ~inside, init_cash=CASH, freq="1D"
    )
    return [float(value) / CASH for value in portfolio.value()]


if __name__ == "__main__":
    main("vectorbt", "vectorbt", equity_of)
