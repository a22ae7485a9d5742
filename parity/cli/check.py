"""``truefill check``: what a strategy must not do."""

from __future__ import annotations

from typing import Annotated

import typer

from parity.cli import screen
from parity.cli.config import Config
from parity.cli.groups import grouped
from parity.cli.options import AsJson
from parity.cli.research import Data, Setting, Strategy

FOUND = 1


@grouped
def lookahead(
    strategy: Strategy,
    data: Data,
    setting: Setting,
    cuts: Annotated[
        int, typer.Option(min=1, help="At how many times the future is taken away.")
    ] = 8,
    config: Config = None,
    as_json: AsJson = False,
) -> None:
    """Take the future away and see whether the past of a strategy changes.

    It runs on all bars, then on bars that end at CUTS times; every column on the way to the signal
    must be the same. Exits with 0 if it is, 1 if one looked ahead: it is named, with symbol, time
    and both values.
    """
    chosen = setting.fixed()
    # polars and numba load here, not at the top: --help must not wait a second for them.
    from engine.dataset import open_dataset
    from engine.errors import LookaheadError
    from engine.lookahead import check_lookahead
    from engine.strategies import build_strategy
    from parity.report.document import dump

    built = build_strategy(strategy, chosen)
    bars = open_dataset(data, **setting.bars()).bars
    try:
        with screen.waiting("lookahead") as step:
            probe = check_lookahead(built, bars, cuts=cuts, step=step)
    except LookaheadError as leak:
        if as_json:
            screen.write(dump({"looks_ahead": True, "leak": str(leak)}))
        else:
            screen.write(f"looks ahead: {leak}\n")
        raise typer.Exit(FOUND) from leak
    if as_json:
        screen.write(dump({"looks_ahead": False, **probe.to_dict()}))
    else:
        screen.write(f"{probe}\n")
