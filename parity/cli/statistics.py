"""``truefill parity statistics``: our statistics of overfitting beside papers and libraries."""

from __future__ import annotations

from typing import Annotated

import typer

from parity.cli import screen
from parity.cli.pages import Write, end_with


def statistics(
    record: Annotated[
        bool, typer.Option("--record", help="Ask the libraries again, in their own environment.")
    ] = False,
    write: Write = None,
) -> None:
    """Compare Sharpe ratios and their luck, splits and windows with those of other libraries.

    Prints docs/overfitting-parity.md. Exits with 0 if everything agrees as declared, 1 if not, 3 if
    the libraries could not be asked.
    """
    # polars and numba load here, not at the top: --help must not wait a second for them.
    from parity.statistics import compare_statistics, draw_statistics, record_statistics
    from parity.statistics.published import PUBLISHED

    if record:
        record_statistics(say=screen.note)
    comparisons = compare_statistics()
    page = draw_statistics(comparisons)
    problems = [problem for one in comparisons for problem in one.problems]
    problems += [
        f"{one.case}: {one.own()!r}, not {one.value}" for one in PUBLISHED if not one.equal
    ]
    end_with(page, problems, write)
