"""The tree of commands. A new command is one file and one line here."""

from __future__ import annotations

from typing import Annotated

import typer

from parity.cli import (
    backtest,
    bench,
    check,
    compare,
    drift,
    exposures,
    indicators,
    live,
    metrics,
    parity,
    play,
    runs,
    screen,
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
    app.command("runs")(runs.runs)
    app.command("compare")(compare.compare)
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
    proofs.command("exposures")(exposures.exposures)
    checks = _group()
    checks.command("lookahead")(check.lookahead)
    races = _group()
    races.command("parity")(bench.parity)
    races.command("engine")(bench.engine)
    app.add_typer(checks, name="check", help="What a strategy must not do.")
    app.add_typer(races, name="bench", help="Time the engine; each figure has its goal.")
    app.add_typer(proofs, name="parity", help="Compare the engine with recorded platforms.")
    return app


def _group() -> typer.Typer:
    return typer.Typer(
        no_args_is_help=True,
        rich_markup_mode="markdown",
        add_completion=False,
        pretty_exceptions_enable=False,
        context_settings={"help_option_names": ["-h", "--help"]},
    )
