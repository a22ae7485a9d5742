"""``truefill parity``: compare the engine with recorded platforms."""

# Each command imports what it calls in its own body: polars and numba take a second to load, which
# neither --help nor a usage error should wait for.

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Annotated, Any, NoReturn

import typer

from parity.cli import screen
from parity.cli.options import AsJson, OnPlatform, References, ReportInto, Select

Document = dict[str, Any]
Draw = Callable[[Document], list[Any]]


def run(
    select: Select = None,
    platform: OnPlatform = None,
    report: ReportInto = None,
    references: References = None,
    as_json: AsJson = False,
) -> None:
    """Replay stored references and compare, fill by fill.

    Exits with 0 if all agree, 1 if one diverges, 2 if a stored reference cannot be trusted, 3 if
    something that must run could not.
    """
    from parity.report import terminal
    from parity.suite import REFERENCES, run_suite

    with screen.waiting("replaying") as step:
        document = run_suite(select, platform, root=references or REFERENCES, step=step)
    _report(document, report, terminal.draw_matrix, as_json)


def gate(report: ReportInto = None, references: References = None, as_json: AsJson = False) -> None:
    """Decide whether a change may pass: every scenario on every platform, told in short.

    A divergence passes only if it is known. One that is known and no longer happens, or happens
    otherwise, closes the gate like any other.
    """
    from parity.report import terminal
    from parity.suite import REFERENCES, run_suite

    with screen.waiting("replaying") as step:
        document = run_suite(root=references or REFERENCES, step=step)
    _report(document, report, terminal.draw_gate, as_json)


def _report(document: Document, directory: Path | None, draw: Draw, as_json: bool) -> NoReturn:
    from parity.report.files import write_report

    if directory is not None:
        write_report(document, directory)
    _tell(document, draw, as_json)


def _tell(document: Document, draw: Draw, as_json: bool) -> NoReturn:
    """Print a document, as it is or drawn, and end with its exit code."""
    from parity.report.document import dump

    if as_json:
        screen.write(dump(document))
    else:
        screen.show(*draw(document))
    raise typer.Exit(document.get("exit_code", 0))


def list_(select: Select = None, as_json: AsJson = False) -> None:
    """List the scenarios and what each tells."""
    from parity.report import terminal
    from parity.suite import list_scenarios

    _tell(list_scenarios(select), terminal.draw_list, as_json)


def show(
    scenario: Annotated[str, typer.Argument(help="A name, or a part that only it has.")],
    platform: OnPlatform = None,
    references: References = None,
    as_json: AsJson = False,
) -> None:
    """Look at one scenario closely: bars, both ledgers side by side, what differs first.

    Shows the bars around the first divergence, or around the first fill where all agree.
    """
    from parity.report import terminal
    from parity.suite import REFERENCES, show_scenario

    document = show_scenario(scenario, platform, root=references or REFERENCES)
    _tell(document, terminal.draw_looks, as_json)


def record(
    select: Select = None,
    platform: OnPlatform = None,
    references: References = None,
    as_json: AsJson = False,
) -> None:
    """Play scenarios on the real platforms and store what they answer.

    The first time, this builds the platform's own environment, which needs the package index.
    """
    from parity.report import terminal
    from parity.suite import REFERENCES, record_suite

    with screen.waiting("recording") as step:
        document = record_suite(
            select, platform, root=references or REFERENCES, step=step, say=screen.note
        )
    _tell(document, terminal.draw_recording, as_json)
