"""Arguments that the research commands share: strategy, bars, execution and costs."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Annotated, Any

import typer

from parity.cli.play import parse_options

if TYPE_CHECKING:
    from engine.vectorized import VectorizedEngine

Strategy = Annotated[
    str,
    typer.Argument(help="A shipped strategy (sma_cross), file.py, file.py:Class or module:Class."),
]
Data = Annotated[
    str,
    typer.Option(
        metavar="PATH",
        help="Bars: a Parquet file, a folder of them, or a folder of symbol=/year=/month=.",
    ),
]
From = Annotated[
    str | None,
    typer.Option("--from", metavar="TIME", help="First bar, as 2024-01-31.", show_default=False),
]
To = Annotated[
    str | None,
    typer.Option("--to", metavar="TIME", help="Bars before this time.", show_default=False),
]
Symbols = Annotated[
    list[str] | None,
    typer.Option(help="Which symbols, as AAPL,MSFT; all of them if not given.", show_default=False),
]
Timeframe = Annotated[
    str | None,
    typer.Option(help="Make longer bars first, as 1h or 1d.", show_default=False),
]
Param = Annotated[
    list[str] | None,
    typer.Option(
        metavar="K=V", help="One parameter of the strategy; may be repeated.", show_default=False
    ),
]
Params = Annotated[
    str | None,
    typer.Option(metavar="JSON", help="Several of them, as '{\"fast\": 20}'.", show_default=False),
]
Fee = Annotated[float, typer.Option(min=0.0, help="Share of what is traded: 0.001 is 10 bp.")]
Slippage = Annotated[float, typer.Option(min=0.0, help="The same, for worse prices.")]
Cost = Annotated[
    float | None,
    typer.Option(min=0.0, help="Both in one number, instead of them.", show_default=False),
]
Execution = Annotated[
    str, typer.Option(help="When a signal is traded: next_open, next_close or close.")
]


def read_symbols(texts: list[str] | None) -> tuple[str, ...] | None:
    """``AAPL,MSFT`` or one option for each, without doubles; None for all."""
    words = [word.strip() for text in texts or [] for word in text.split(",")]
    return tuple(dict.fromkeys(word for word in words if word)) or None


def read_params(params: str | None, pairs: list[str] | None) -> dict[str, Any]:
    """The parameters of a strategy; a single one wins over the same one in the JSON."""
    try:
        given = json.loads(params) if params else {}
    except json.JSONDecodeError as error:
        raise typer.BadParameter(f"--params {params!r} is no JSON: {error}") from error
    if not isinstance(given, dict):
        raise typer.BadParameter(f'--params {params!r}: write it as {{"fast": 20}}')
    return {**given, **parse_options(pairs or [], "--param")}


def read_engine(
    execution: str, fee: float, slippage: float, cost: float | None
) -> VectorizedEngine:
    """How signals are traded; ``cost`` stands for fee and slippage together."""
    # polars and numba load here, not at the top: --help must not wait a second for them.
    from engine.vectorized import VectorizedEngine

    if cost is not None and (fee or slippage):
        raise typer.BadParameter("--cost is fee and slippage in one; give it or them")
    return VectorizedEngine(
        execution=execution,  # type: ignore[arg-type]
        fee=fee if cost is None else cost,
        slippage=slippage,
    )
