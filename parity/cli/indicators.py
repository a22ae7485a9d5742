"""``truefill parity indicators``: our indicators beside those of TA-Lib."""

from __future__ import annotations

from typing import Annotated

import typer

from parity.cli import screen
from parity.cli.pages import Write, end_with


def indicators(
    record: Annotated[
        bool, typer.Option("--record", help="Ask TA-Lib again, in its own environment.")
    ] = False,
    write: Write = None,
) -> None:
    """Compare our indicators with TA-Lib on stored bars: values, seeds and warm-up.

    Prints docs/indicator-parity.md. Exits with 0 if every indicator agrees as declared, 1 if not,
    3 if TA-Lib could not be asked.
    """
    # polars and numba load here, not at the top: --help must not wait a second for them.
    from parity.indicators import compare_indicators, draw_page, record_answers

    if record:
        record_answers(say=screen.note)
    comparisons = compare_indicators()
    page = draw_page(comparisons)
    problems = [problem for one in comparisons for problem in one.problems]
    end_with(page, problems, write)
