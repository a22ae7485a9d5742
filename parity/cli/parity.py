"""``truefill parity``: compare the engine with recorded platforms."""

# Each command imports what it calls in its own body: polars and numba take a second to load, which
# neither --help nor a usage error should wait for.

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Annotated, Any

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
    _finish(document, report, terminal.draw_matrix, as_json=as_json)


def gate(report: ReportInto = None, references: References = None, as_json: AsJson = False) -> None:
    """Decide whether a change may pass: every scenario, every platform, no surprise.

    Beyond `parity run`, a known divergence that no longer happens fails the gate.
    """
    from parity.report import terminal
    from parity.suite import REFERENCES, run_suite

    with screen.waiting("replaying") as step:
        document = run_suite(root=references or REFERENCES, step=step)
    _finish(document, report, terminal.draw_gate, as_json=as_json)


def _finish(document: Document, directory: Path | None, draw: Draw, *, as_json: bool) -> None:
    from parity.report.document import dump
    from parity.report.files import write_report

    if directory is not None:
        write_report(document, directory)
    if as_json:
        screen.write(dump(document))
    else:
        screen.show(*draw(document))
    raise typer.Exit(document["exit_code"])


def list_(select: Select = None, as_json: AsJson = False) -> None:
    """List the scenarios and what each tells."""
    from parity.report import terminal
    from parity.report.document import dump
    from parity.suite import list_scenarios

    document = list_scenarios(select)
    if as_json:
        screen.write(dump(document))
    else:
        screen.show(*terminal.draw_list(document))


def show(
    scenario: Annotated[str, typer.Argument(help="The name of one scenario.")],
    platform: OnPlatform = None,
    references: References = None,
    as_json: AsJson = False,
) -> None:
    """Look at one scenario closely: bars, both ledgers side by side, what differs first.

    Shows the bars around the first divergence, or around the first fill where all agree.
    """
    from parity.report import terminal
    from parity.report.document import dump
    from parity.suite import REFERENCES, show_scenario

    document = show_scenario(scenario, platform, root=references or REFERENCES)
    if as_json:
        screen.write(dump(document))
    else:
        for look in document["looks"]:
            screen.show(*terminal.draw_view(look))
    raise typer.Exit(document["exit_code"])


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
    from parity.report.document import dump
    from parity.suite import REFERENCES, record_suite

    with screen.waiting("recording") as step:
        document = record_suite(
            select, platform, root=references or REFERENCES, step=step, say=screen.note
        )
    if as_json:
        screen.write(dump(document))
    else:
        screen.show(*terminal.draw_recording(document))
    raise typer.Exit(document["exit_code"])
