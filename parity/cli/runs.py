"""``truefill runs``: stored runs, the best first."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from parity.cli import screen
from parity.cli.options import AsJson


def runs(
    folders: Annotated[
        list[Path], typer.Argument(metavar="DIR...", help="Folders with runs, at any depth.")
    ],
    sort: Annotated[str, typer.Option(help="By this column, highest first.")] = "sharpe",
    where: Annotated[
        str | None,
        typer.Option(
            metavar="SQL",
            help="Only these, as 'trade_count > 30 and param_fast < 50'.",
            show_default=False,
        ),
    ] = None,
    strategy: Annotated[
        str | None, typer.Option(help="Only runs of this strategy.", show_default=False)
    ] = None,
    top: Annotated[int, typer.Option(min=1, help="How many to show.")] = 20,
    as_json: AsJson = False,
) -> None:
    """List the runs that were written by --out, whatever parameters each of them has.

    Columns are those of the runs' own files: identity, param_<name>, and every metric. With --json
    all columns of the runs shown.
    """
    # polars loads here, not at the top: --help must not wait for it.
    from parity.report.document import dump
    from parity.research.runs import best_runs, draw_runs

    found, count = best_runs(folders, sort=sort, where=where, strategy=strategy, top=top)
    if as_json:
        screen.write(dump({"runs": count, "shown": found.to_dicts()}))
    else:
        screen.show(*draw_runs(found, count, sort))
