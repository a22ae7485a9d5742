"""Which function of TA-Lib answers the same question as an indicator of ours.

An anchor is equal on every stored case but those ``apart`` names, each with its reason. That is
strict: what is said to differ must.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final

import polars as pl

from engine.indicators import INDICATORS
from parity.platforms import Platform

TALIB: Final = Platform("talib", "0.8.2", "functions", "")
BAR: Final = ("high", "low", "close")
FULL: Final = (*BAR, "volume")
TIMES: Final = "timeperiod"


@dataclass(frozen=True, slots=True)
class Anchor:
    """An indicator with its arguments, and the call of TA-Lib that answers it.

    ``fields`` are our lines in the order of its outputs, empty where there is one. ``blank`` is
    what it writes, by line, where there is no value yet; NaN where not told.
    """

    indicator: str
    args: Mapping[str, Any]
    function: str
    inputs: tuple[str, ...]
    params: Mapping[str, Any] = field(default_factory=dict)
    fields: tuple[str, ...] = ("",)
    blank: Mapping[str, float] = field(default_factory=dict)
    apart: Mapping[str, str] = field(default_factory=dict)

    @property
    def question(self) -> str:
        """The call of TA-Lib as text, by which its answer is kept."""
        params = [f"{name}={value}" for name, value in self.params.items()]
        return f"{self.function}({', '.join([*self.inputs, *params])})"

    @property
    def told(self) -> str:
        """Our call as text."""
        args = [f"{name}={_short(value)}" for name, value in self.args.items()]
        return f"{self.indicator}({', '.join(args)})"

    @property
    def expression(self) -> pl.Expr:
        """Our indicator."""
        return INDICATORS[self.indicator](**self.args)

    @property
    def warmup(self) -> int:
        """What our indicator declares."""
        return INDICATORS[self.indicator].warmup(**self.args)

    @property
    def request(self) -> dict[str, Any]:
        """The question as its recorder wants it."""
        return {
            "name": self.question,
            "function": self.function,
            "inputs": list(self.inputs),
            "params": dict(self.params),
        }


def close(
    indicator: str, function: str, length: int, apart: Mapping[str, str] | None = None
) -> Anchor:
    """Of the close, with one length."""
    args = {"source": "close", "length": length}
    return Anchor(indicator, args, function, ("close",), {TIMES: length}, apart=apart or {})


def bars(
    indicator: str,
    function: str,
    length: int,
    inputs: tuple[str, ...] = BAR,
    apart: Mapping[str, str] | None = None,
) -> Anchor:
    """Of whole bars, with one length."""
    return Anchor(
        indicator, {"length": length}, function, inputs, {TIMES: length}, apart=apart or {}
    )


def _short(value: Any) -> str:
    return "returns" if isinstance(value, pl.Expr) else str(value)


def _changes(name: str) -> pl.Expr:
    return pl.col(name).pct_change()


STILL: Final = "where a window does not move it says 0; we say nothing"
CANCELS: Final = "it takes E[xy] - E[x] E[y], in which most digits of large prices cancel"
SLOPE: Final = "it takes sums of large prices, in which most digits cancel"
AROUND: Final = "it sums up prices before it takes their mean; ours are distances from the last"
UNTRADED: Final = "before any volume it says 0; we say nothing"

BANDS: Final = ("upper", "middle", "lower")
ANCHORS: Final = (
    *(close("sma", "SMA", length) for length in (1, 20, 50)),
    *(close("ema", "EMA", length) for length in (1, 20)),
    close("wilder", "RMA", 14),
    *(close("wma", "WMA", length) for length in (1, 20)),
    close("dema", "DEMA", 10),
    close("tema", "TEMA", 10),
    *(close("trima", "TRIMA", length) for length in (10, 11)),
    close("efficiency", "ER", 10),
    *(close("kama", "KAMA", length) for length in (10, 30)),
    Anchor(
        "vwma",
        {"source": "close", "length": 20},
        "VWMA",
        ("close", "volume"),
        {TIMES: 20},
    ),
    close("momentum", "MOM", 10),
    close("roc", "ROC", 10),
    *(close("rsi", "RSI", length) for length in (2, 14)),
    close("cmo", "CMO", 14),
    *(
        Anchor(
            "macd",
            {"source": "close", "fast": fast, "slow": slow, "signal": signal},
            "MACD",
            ("close",),
            {"fastperiod": fast, "slowperiod": slow, "signalperiod": signal},
            fields=("macd", "signal", "histogram"),
        )
        for fast, slow, signal in ((12, 26, 9), (3, 10, 1))
    ),
    Anchor(
        "ppo",
        {"source": "close", "fast": 12, "slow": 26},
        "PPO",
        ("close",),
        {"fastperiod": 12, "slowperiod": 26, "matype": 1},
    ),
    close("trix", "TRIX", 15),
    Anchor(
        "stoch",
        {"length": 14, "smooth": 3, "signal": 3},
        "STOCH",
        BAR,
        {"fastk_period": 14, "slowk_period": 3, "slowd_period": 3},
        fields=("k", "d"),
    ),
    Anchor(
        "stoch",
        {"length": 5, "smooth": 1, "signal": 3},
        "STOCHF",
        BAR,
        {"fastk_period": 5, "fastd_period": 3},
        fields=("k", "d"),
    ),
    Anchor(
        "stoch_rsi",
        {"source": "close", "length": 14, "window": 5, "signal": 3},
        "STOCHRSI",
        ("close",),
        {TIMES: 14, "fastk_period": 5, "fastd_period": 3},
        fields=("k", "d"),
    ),
    bars("williams_r", "WILLR", 14),
    bars("cci", "CCI", 14, apart={"bitcoin": AROUND}),
    Anchor(
        "ultimate",
        {"short": 7, "middle": 14, "long": 28},
        "ULTOSC",
        BAR,
        {"timeperiod1": 7, "timeperiod2": 14, "timeperiod3": 28},
    ),
    Anchor("balance_of_power", {}, "BOP", ("open", *BAR)),
    Anchor(
        "aroon",
        {"length": 14},
        "AROON",
        ("high", "low"),
        {TIMES: 14},
        fields=("down", "up"),
    ),
    Anchor("true_range", {}, "TRANGE", BAR),
    *(bars("atr", "ATR", length) for length in (1, 14)),
    bars("natr", "NATR", 14),
    *(bars("plus_di", "PLUS_DI", length) for length in (2, 14)),
    bars("minus_di", "MINUS_DI", 14),
    bars("dx", "DX", 14),
    *(bars("adx", "ADX", length) for length in (2, 14)),
    Anchor(
        "supertrend",
        {"length": 10, "multiple": 3.0},
        "SUPERTREND",
        BAR,
        {TIMES: 10, "multiplier": 3.0},
        fields=("stop", "trend"),
        blank={"trend": 0.0},
    ),
    Anchor(
        "supertrend",
        {"length": 7, "multiple": 1.0},
        "SUPERTREND",
        BAR,
        {TIMES: 7, "multiplier": 1.0},
        fields=("stop", "trend"),
        blank={"trend": 0.0},
    ),
    Anchor(
        "parabolic_sar",
        {"step": 0.02, "most": 0.2},
        "SAR",
        ("high", "low"),
        {"acceleration": 0.02, "maximum": 0.2},
    ),
    close("highest", "MAX", 20),
    close("lowest", "MIN", 20),
    close("midpoint", "MIDPOINT", 14),
    bars("midprice", "MIDPRICE", 14, ("high", "low")),
    Anchor("typical_price", {}, "TYPPRICE", BAR),
    *(close("std", "STDDEV", length) for length in (5, 20)),
    close("var", "VAR", 20),
    Anchor(
        "bbands",
        {"source": "close", "length": 20, "up": 2.0, "down": 1.5},
        "BBANDS",
        ("close",),
        {TIMES: 20, "nbdevup": 2.0, "nbdevdn": 1.5},
        fields=BANDS,
    ),
    Anchor("donchian", {"length": 20}, "DONCHIAN", ("high", "low"), {TIMES: 20}, fields=BANDS),
    *(
        Anchor(
            "keltner",
            {"length": length, "window": window, "multiple": 2.0},
            "KC",
            BAR,
            {TIMES: length, "atrperiod": window, "nbdev": 2.0},
            fields=BANDS,
        )
        for length, window in ((20, 10), (10, 20))
    ),
    Anchor("obv", {}, "OBV", ("close", "volume")),
    Anchor("vwap", {}, "VWAP", FULL, apart={"euro": UNTRADED}),
    bars("mfi", "MFI", 14, FULL),
    Anchor("ad", {}, "AD", FULL),
    Anchor("adosc", {"fast": 3, "slow": 10}, "ADOSC", FULL, {"fastperiod": 3, "slowperiod": 10}),
    bars("cmf", "CMF", 20, FULL),
    *(
        Anchor(
            "correlation",
            {"source": "high", "other": "close", "length": length},
            "CORREL",
            ("high", "close"),
            {TIMES: length},
            apart={**dict.fromkeys(cases, CANCELS), "flat": STILL},
        )
        for length, cases in ((5, ("apple", "bitcoin", "euro", "late", "falling")), (30, ()))
    ),
    Anchor(
        "beta",
        {"source": _changes("low"), "market": _changes("high"), "length": 20},
        "BETA",
        ("high", "low"),
        {TIMES: 20},
        apart={"flat": STILL},
    ),
    close("regression", "LINEARREG", 14),
    close("regression_slope", "LINEARREG_SLOPE", 14, apart={"bitcoin": SLOPE}),
    close("regression_intercept", "LINEARREG_INTERCEPT", 14),
)
