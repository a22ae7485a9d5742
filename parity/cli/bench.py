"""``truefill bench``: time the engine, each figure with its goal beside it."""

from __future__ import annotations

from typing import Annotated, Any

import typer

from parity.cli import screen
from parity.cli.options import AsJson, Smoke


def parity(
    platform: Annotated[
        str, typer.Option(help="Whom to race: vectorbt, or a platform that takes orders.")
    ] = "vectorbt",
    strategies: Annotated[
        str | None,
        typer.Option(help="vectorbt: how many at once, for example 1,20,179.", show_default=False),
    ] = None,
    rounds: Annotated[
        int | None,
        typer.Option(min=1, help="Calls of the platform, or of each engine.", show_default=False),
    ] = None,
    smoke: Smoke = False,
    as_json: AsJson = False,
) -> None:
    """Race the engine against a real platform on up to 1,112,627 minutes.

    All sides play the same arrays in turns, each in a process of its own, and must give the same
    fills. Against vectorbt's two engines it takes some minutes and 8 GB of memory, nearly all of it
    vectorbt's. Against a platform that takes orders, tapes are played on 100,000 and 1,000,000
    minutes. Exits with 0 if every goal is met, 1 if one is missed, 3 if the platform could not be
    asked.
    """
    sizes = None if strategies is None else parse_sizes(strategies)
    # polars takes a while to load, which --help and a usage error must not wait for.
    from parity.bench.suite import run_bench

    more: dict[str, Any] = {"rounds": rounds, "smoke": smoke, "say": screen.note}
    if platform == "vectorbt":
        finish(run_bench("parity", strategies=sizes, **more), as_json=as_json)
    if sizes is not None:
        raise typer.BadParameter(f"--strategies is for vectorbt; {platform} plays one tape")
    finish(run_bench("tapes", platform=platform, **more), as_json=as_json)


def engine(
    rounds: Annotated[
        int | None, typer.Option(min=1, help="Calls of each peer.", show_default=False)
    ] = None,
    smoke: Smoke = False,
    as_json: AsJson = False,
) -> None:
    """Race the research engine: a million real minutes from bars to equity, trades and metrics.

    The crossing of two means against vectorbt and backtesting.py, nine metrics against empyrical,
    loading and resampling against DuckDB and pandas, each in an environment of its own; what they
    find is compared in the same run. The first run writes 21 million bars, 0.3 GB, into the cache.
    Then how long strategies take for their signals, and what the bridge from Polars into compiled
    loops costs. Exits with 0 if every goal is met, 1 if one is missed, 3 if a peer could not be
    asked.
    """
    # polars takes a while to load, which --help and a usage error must not wait for.
    from parity.bench.suite import run_bench

    finish(run_bench("engine", rounds=rounds, smoke=smoke, say=screen.note), as_json=as_json)


def optimizer(
    smoke: Smoke = False,
    as_json: AsJson = False,
) -> None:
    """Race searches of an SMA cross against vectorbt and backtesting.py; time walk-forward and PBO.

    All sides search the same 100,000 bars with their metrics and must end with the same equity.
    Takes some minutes and 5 GB, nearly all of it vectorbt's. Exits with 0 if every goal is met, 1
    if one is missed, 3 if a peer could not be asked.
    """
    # polars takes a while to load, which --help and a usage error must not wait for.
    from parity.bench.suite import run_bench

    finish(run_bench("optimizer", smoke=smoke, say=screen.note), as_json=as_json)


def replicate(
    rounds: Annotated[
        int | None,
        typer.Option(min=1, help="Calls of vectorbt, each about a minute.", show_default=False),
    ] = None,
    smoke: Smoke = False,
    as_json: AsJson = False,
) -> None:
    """Race a whole batch against the real vectorbt: signals from Parquet to results on disk.

    179 strategies on 1,112,627 minutes, from the same files, each side in a process of its own;
    the trades of both sides must be the same. Then sixteen such batches are replicated and
    compared, which says how long 638 take. Exits with 0 if every goal is met, 1 if one
    is missed, 3 if vectorbt could not be asked.
    """
    # polars takes a while to load, which --help and a usage error must not wait for.
    from parity.bench.suite import run_bench

    document = run_bench("replicate", rounds=rounds, smoke=smoke, say=screen.note)
    finish(document, as_json=as_json)


def finish(document: dict[str, Any], *, as_json: bool) -> None:
    """Print a benchmark's document and leave with its exit code."""
    from parity.bench.goals import draw_report
    from parity.report.document import dump

    if as_json:
        screen.write(dump(document))
    else:
        screen.show(*draw_report(document))
    raise typer.Exit(document["exit_code"])


def parse_sizes(text: str) -> tuple[int, ...]:
    """Whole numbers above zero, separated by commas."""
    sizes = [word.strip() for word in text.split(",")]
    if not all(word.isdigit() and int(word) for word in sizes):
        raise typer.BadParameter(f"--strategies {text!r}: write it as 1,20,179")
    return tuple(int(word) for word in sizes)
