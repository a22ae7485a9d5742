"""``truefill parity metrics``: our metrics beside those of other libraries."""

from __future__ import annotations

from typing import Annotated

import typer

from parity.cli import screen
from parity.cli.pages import Write, end_with


def metrics(
    record: Annotated[
        bool, typer.Option("--record", help="Ask the libraries again, in their own environments.")
    ] = False,
    write: Write = None,
) -> None:
    """Compare our metrics with empyrical-reloaded and quantstats on stored returns.

    Prints docs/metric-parity.md. Exits with 0 if every metric agrees as declared, 1 if not, 3 if a
    library could not be asked.
    """
    # polars and numba load here, not at the top: --help must not wait a second for them.
    from parity.metrics import compare_metrics, draw_parity, read_stories, record_answers

    if record:
        record_answers(say=screen.note)
    comparisons = compare_metrics()
    page = draw_parity(comparisons, read_stories())
    problems = [problem for one in comparisons for problem in one.problems]
    end_with(page, problems, write)
