"""``truefill backtest``: a strategy on bars, as numbers, pictures and files."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Annotated

import typer

from parity.cli import screen
from parity.cli.config import Config
from parity.cli.groups import grouped
from parity.cli.options import AsJson
from parity.cli.research import Data, Force, Setting, Strategy, Trading


@dataclass(frozen=True, slots=True)
class Beside:
    """What else a run pays, what it is compared with, and how it is labelled."""

    spread: Annotated[
        bool,
        typer.Option("--spread", help="Also pay half of the spread that highs and lows tell."),
    ] = False
    benchmark: Annotated[
        str | None,
        typer.Option(
            metavar="SYMBOL",
            help="A symbol of the same data; if not given, holding what is traded.",
            show_default=False,
        ),
    ] = None
    asset_class: Annotated[str, typer.Option(help="A label in the name of the stored run.")] = "any"


@dataclass(frozen=True, slots=True)
class Output:
    """What is written of it, and where."""

    out: Annotated[
        Path | None,
        typer.Option(metavar="DIR", help="Write tables and the tear sheet.", show_default=False),
    ] = None
    pictures: Annotated[
        bool, typer.Option("--pictures/--no-pictures", help="With --out: tear sheet and picture.")
    ] = True
    interactive: Annotated[
        bool, typer.Option("--interactive", help="Curves to zoom into on the page (4.8 MB more).")
    ] = False
    force: Force = False


@grouped
def backtest(
    strategy: Strategy,
    data: Data,
    setting: Setting,
    trading: Trading,
    beside: Beside,
    into: Output,
    config: Config = None,
    as_json: AsJson = False,
) -> None:
    """Run a strategy on bars and say what it earned, what it risked and what it cost.

    Signals of a bar's close are traded at the next open, without a loop: the fast screen, see
    docs/backtest.md. DIR gets tear_sheet.html (one file, no network), equity.svg, the run's row for
    the catalogue, and account, frame, trades and metrics as Parquet, all or nothing.
    """
    chosen, engine = setting.fixed(), trading.engine()
    # polars and numba load here, not at the top: --help must not wait a second for them.
    from engine.backtest import BacktestSpec, check_folder, check_pictures
    from engine.backtest import backtest as run_backtest
    from engine.strategies import build_strategy
    from parity.report.document import dump
    from parity.research.terminal import draw_run

    if into.out is not None:
        check_folder(into.out, force=into.force)
        if into.pictures:
            check_pictures(interactive=into.interactive)
    spec = BacktestSpec(
        strategy=build_strategy(strategy, chosen),
        data=data,
        **setting.bars(),
        engine=engine,
        **asdict(beside),
    )
    with screen.waiting("backtest") as step:
        run = run_backtest(spec, step=step)
        if into.out is not None:
            step("files", 4, 5)
            run.save(
                into.out, pictures=into.pictures, interactive=into.interactive, force=into.force
            )
    if as_json:
        screen.write(dump(run.document()))
    else:
        screen.show(*draw_run(run, into.out, pictures=into.pictures))
