"""How far a search is: a bar with its rate, the time left and the failures so far."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from rich.console import Console
from rich.progress import (
    BarColumn,
    MofNCompleteColumn,
    Progress,
    ProgressColumn,
    Task,
    TextColumn,
    TimeRemainingColumn,
)
from rich.text import Text

Heard = Callable[[int, int, int], None]
"""Hears how many sets are done, of how many, and how many of them failed."""


class Rate(ProgressColumn):
    """Sets a second."""

    def render(self, task: Task) -> Text:
        """The rate of the last moments, or nothing yet."""
        speed = task.finished_speed or task.speed
        return Text("" if speed is None else f"{speed:,.0f}/s", style="progress.data.speed")


@contextmanager
def progress_bar(label: str = "search", console: Console | None = None) -> Iterator[Heard]:
    """Give what ``ParamOptimizer(progress=...)`` takes; a bar on stderr if a person is watching."""
    shown = console or Console(file=sys.stderr)
    columns = (
        TextColumn("{task.description}"),
        BarColumn(),
        MofNCompleteColumn(),
        Rate(),
        TimeRemainingColumn(),
        TextColumn("{task.fields[failures]}", style="red"),
    )
    with Progress(*columns, console=shown, transient=True, disable=not shown.is_terminal) as bar:
        task = bar.add_task(label, total=None, failures="")

        def heard(done: int, total: int, failed: int) -> None:
            told = f"{failed:,} failed" if failed else ""
            bar.update(task, completed=done, total=total, failures=told)

        yield heard


__all__ = ["Heard", "progress_bar"]
