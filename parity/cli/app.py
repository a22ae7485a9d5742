"""The tree of commands. A new command is one file and one line here."""

from __future__ import annotations

from typing import Annotated

import typer
from typer.core import TyperGroup

from parity.cli import (
    backtest,
    bench,
    captures,
    check,
    compare,
    drift,
    exposures,
    indicators,
    live,
    metrics,
    optimize,
    parity,
    play,
    replicate,
    runs,
    screen,
    statistics,
    walkforward,
)


def _version(wanted: bool) -> None:
    if wanted:
        # Read from the installed package; importlib.metadata costs 30 ms that --help need not pay.
        from importlib.metadata import version

        screen.write(f"truefill {version('truefill')}\n")
        raise typer.Exit(0)


def root(
    version: Annotated[
        bool,
        typer.Option("--version", callback=_version, is_eager=True, help="Print the version."),
    ] = False,
    debug: Annotated[
        bool,
        typer.Option(
            "--debug", envvar="TRUEFILL_DEBUG", help="Show the traceback of an error as well."
        ),
    ] = False,
) -> None:
    """A backtest engine whose fills are proven true.

    Exit codes: 0 agrees, 1 diverges, 2 bad input, 3 something that must run could not.
    """


def build() -> typer.Typer:
    """Every command under its group."""
    app = _group()
    app.callback(no_args_is_help=True)(root)
    app.command("run")(play.run)
    app.command("backtest")(backtest.backtest)
    app.command("optimize")(optimize.optimize)
    app.command("opt", hidden=True)(optimize.optimize)
    app.command("runs")(runs.runs)
    app.command("compare")(compare.compare)
    app.command("walkforward")(walkforward.walkforward)
    app.command("wfa", hidden=True)(walkforward.walkforward)
    proofs = _group()
    proofs.command("run")(parity.run)
    proofs.command("gate")(parity.gate)
    proofs.command("show")(parity.show)
    proofs.command("list")(parity.list_)
    proofs.command("record")(parity.record)
    proofs.command("live")(live.live)
    proofs.command("drift")(drift.drift)
    proofs.command("metrics")(metrics.metrics)
    proofs.command("indicators")(indicators.indicators)
    proofs.command("statistics")(statistics.statistics)
    proofs.command("exposures")(exposures.exposures)
    checks = _group()
    checks.command("lookahead")(check.lookahead)
    trees = _group(replicate.RunByDefault)
    trees.command("run")(replicate.run)
    trees.command("record")(replicate.record)
    trees.command("report")(replicate.report)
    trees.command("import-captures")(captures.import_captures)
    races = _group()
    races.command("parity")(bench.parity)
    races.command("engine")(bench.engine)
    races.command("optimizer")(bench.optimizer)
    races.command("replicate")(bench.replicate)
    app.add_typer(proofs, name="parity", help="Compare the engine with recorded platforms.")
    app.add_typer(trees, name="replicate", help="Replicate whole trees of stored results.")
    app.add_typer(checks, name="check", help="What a strategy must not do.")
    app.add_typer(races, name="bench", help="Time the engine; each figure has its goal.")
    return app


def _group(cls: type[TyperGroup] = TyperGroup) -> typer.Typer:
    return typer.Typer(
        cls=cls,
        no_args_is_help=True,
        rich_markup_mode="markdown",
        add_completion=False,
        pretty_exceptions_enable=False,
        context_settings={"help_option_names": ["-h", "--help"]},
    )
