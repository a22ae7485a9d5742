"""What a command shows: text for people, JSON for machines, a bar for those who wait."""

from __future__ import annotations

import os
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any, NoReturn, TextIO

from rich.console import Console, RenderableType
from rich.progress import (
    BarColumn,
    MofNCompleteColumn,
    Progress,
    TextColumn,
    TimeRemainingColumn,
)

Step = Callable[[str, int, int], None]

# Where nothing says how wide the page is (a pipe, a CI log), tables need more than 80 columns.
PAGE = 120
# 128 + SIGPIPE, as the shell reports it; 1 would read as "diverges".
PIPE_CLOSED = 141
# Seconds between two lines where no bar can be drawn.
QUIET = 15.0


class Screen(Console):
    """A console whose reader may leave early (``truefill parity list | head``)."""

    def on_broken_pipe(self) -> NoReturn:
        """Leave quietly, and not with the code that means "diverges"."""
        _leave()


def screen(stream: TextIO) -> Screen:
    """A console on a stream; colours and width follow the terminal, NO_COLOR and COLUMNS."""
    known = stream.isatty() or "COLUMNS" in os.environ
    return Screen(file=stream, width=None if known else PAGE, highlight=False)


def show(*parts: RenderableType) -> None:
    """Print for people, on stdout."""
    console = screen(sys.stdout)
    for part in parts:
        console.print(part)


def note(text: str) -> None:
    """Print one line on stderr, whole: a terminal may wrap it, a log must not."""
    screen(sys.stderr).print(text, markup=False, soft_wrap=True)


def write(text: str) -> None:
    """Print text on stdout as it is."""
    try:
        sys.stdout.write(text)
        sys.stdout.flush()
    except BrokenPipeError:
        _leave()


@contextmanager
def waiting(label: str) -> Iterator[Step]:
    """Give a function that hears each step; a bar on stderr moves if a person is watching."""
    if not sys.stderr.isatty():
        yield lambda _what, _done, _total: None
        return
    columns: list[Any] = [TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn()]
    with Progress(*columns, console=screen(sys.stderr), transient=True) as bar:
        # Compiled rules are kept, but after an install or a change the first step takes a while.
        task = bar.add_task(f"{label} (the first time, this compiles)", total=None)
        yield lambda what, done, total: bar.update(
            task, description=f"{label} {what}", completed=done, total=total
        )


@contextmanager
def counting(label: str) -> Iterator[Step]:
    """The same for long work: how many a second and how much time is left.

    Where nobody watches, a line says so now and then.
    """
    if not sys.stderr.isatty():
        yield _seldom(label)
        return
    columns: list[Any] = [
        TextColumn("{task.description}"),
        BarColumn(),
        MofNCompleteColumn(),
        TextColumn("{task.fields[rate]}"),
        TimeRemainingColumn(),
    ]
    with Progress(*columns, console=screen(sys.stderr), transient=True) as bar:
        task = bar.add_task(f"{label} (the first time, this compiles)", total=None, rate="")

        def hear(what: str, done: int, total: int) -> None:
            speed = bar.tasks[0].finished_speed or bar.tasks[0].speed
            bar.update(
                task,
                description=f"{label} {what}",
                completed=done,
                total=total,
                rate=f"{speed:.2f}/s" if speed else "",
            )

        yield hear


def _seldom(label: str) -> Step:
    """A line every quarter of a minute."""
    began = last = time.monotonic()

    def hear(what: str, done: int, total: int) -> None:
        nonlocal last
        now = time.monotonic()
        if now - last < QUIET or done == total:
            return
        last = now
        rate = done / (now - began)
        left = (total - done) / rate
        note(f"{label} {what}: {done} of {total}, {rate:.2f}/s, {left:.0f} s left")

    return hear


def _leave() -> NoReturn:
    # Python flushes stdout once more at exit and would complain there.
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
    raise SystemExit(PIPE_CLOSED)
