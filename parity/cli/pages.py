"""How the commands end that set our figures beside those of libraries."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Annotated, NoReturn

import typer

from parity.cli import screen

Write = Annotated[
    Path | None, typer.Option(help="Write the table into this file instead of printing it.")
]


def end_with(page: str, problems: Sequence[str], write: Path | None) -> NoReturn:
    """Print or write a page, then what does not agree as declared: exit code 1 if anything."""
    from engine.store.aside import write_text_aside

    if write is None:
        screen.write(page)
    else:
        write_text_aside(write, page)
    for problem in problems:
        screen.note(problem)
    raise typer.Exit(1 if problems else 0)
