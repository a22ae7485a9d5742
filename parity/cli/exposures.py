"""``truefill parity exposures``: our two engines beside libraries that keep exposures."""

from __future__ import annotations

from typing import Annotated

import typer

from parity.cli import screen


def exposures(
    record: Annotated[
        bool, typer.Option("--record", help="Ask the libraries again, in their own environments.")
    ] = False,
) -> None:
    """Compare equity at a kept exposure with bt, vectorbt and backtesting.py, bar by bar.

    Prints the largest relative difference of the loop-free screen and of the house model. Exits
    with 0 if all agree, 1 if not, 3 if a library could not be asked.
    """
    # polars and numba load here, not at the top: --help must not wait a second for them.
    from parity.exposures import compare_exposures, record_exposures

    if record:
        record_exposures(say=screen.note)
    rows = compare_exposures()
    for row in rows:
        word = "agrees" if row.agrees else "DIVERGES"
        screen.write(
            f"{row.library:<16}{row.case:<22} screen {row.screen:.1e}  house {row.house:.1e}  "
            f"{word}\n"
        )
    raise typer.Exit(0 if all(row.agrees for row in rows) else 1)
