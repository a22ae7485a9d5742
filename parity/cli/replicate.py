"""``truefill replicate``: whole trees of stored vectorbt results, strategy by strategy."""

# Each command imports what it calls in its own body: polars and numba take a second to load, which
# neither --help nor a usage error should wait for.

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

import typer
from typer.core import TyperGroup

from parity.cli import screen
from parity.cli.options import AsJson


class RunByDefault(TyperGroup):
    """``truefill replicate DIR`` is ``truefill replicate run DIR``."""

    def parse_args(self, ctx: Any, args: list[str]) -> list[str]:
        """A first word that is no command is the tree to run."""
        if args and not args[0].startswith("-") and args[0] not in self.commands:
            args = ["run", *args]
        rest: list[str] = super().parse_args(ctx, args)
        return rest


def run(
    tree: Annotated[
        str, typer.Argument(help="A folder of results, or s3://bucket/prefix.", metavar="DIR")
    ],
    out: Annotated[
        Path | None,
        typer.Option(help="Where results go, else out/replicate/NAME.", show_default=False),
    ] = None,
    model: Annotated[
        str | None,
        typer.Option(help="The execution model, else the one replicate.toml names."),
    ] = None,
    jobs: Annotated[
        int, typer.Option(min=0, help="Batches at a time; 0 is one per processor.")
    ] = 0,
    cluster: Annotated[
        str | None,
        typer.Option(help="The address of a Dask scheduler, for example tcp://host:8786."),
    ] = None,
    whole: Annotated[
        bool,
        typer.Option("--whole", help="Also write our own trades, metrics and daily returns."),
    ] = False,
    shown: Annotated[
        int,
        typer.Option(min=0, help="Of how many differing strategies a batch keeps both ledgers."),
    ] = 20,
    explain: Annotated[
        int,
        typer.Option(min=0, help="How many differing strategies a batch explains."),
    ] = 3,
    as_json: AsJson = False,
) -> None:
    """Replay every strategy of a tree and compare it with what is stored.

    A run that was stopped goes on where it was: batches that are done, by the digests of their
    files, the bars, the settings and the model, are not done again. The layout is in
    docs/replicate.md. Exits with 0 if every strategy agrees, 1 if one differs, 2 if a batch
    cannot be used, 3 if something that must run could not.
    """
    from engine.errors import StoreError
    from parity.replicate.report.files import write_report
    from parity.replicate.report.terminal import draw_tree
    from parity.replicate.run import How, replicate_tree

    how = How(jobs, cluster, whole, shown, explain)
    with screen.counting("replicating") as hear:
        document = replicate_tree(
            tree,
            out,
            model=model,
            how=how,
            step=lambda entry, done, total: hear(str(entry["batch"]), done, total),
            say=screen.note,
        )
    try:
        write_report(document, Path(document["out"]))
    except StoreError as error:
        # What came out is printed all the same.
        screen.note(f"error: {error}")
        document["exit_code"] = error.exit_code
    tell(document, draw_tree, as_json=as_json)


def record(
    tree: Annotated[Path, typer.Argument(help="The folder to make; it must not exist.")],
    directions: Annotated[
        str, typer.Option(help="Assets (BTC, ETH, SOL, XRP, DOGE) and sides, with commas.")
    ] = "BTC_longshort,ETH_short",
    batches: Annotated[int, typer.Option(min=1, help="Batches of each direction.")] = 2,
    strategies: Annotated[int, typer.Option(min=1, help="Strategies of each batch.")] = 40,
    seed: Annotated[int, typer.Option(help="What signals and stops are drawn from.")] = 1,
    bars: Annotated[
        str,
        typer.Option(
            help="Bars, relative to the tree; {symbol} is replaced. Else the stored minutes."
        ),
    ] = "",
    as_json: AsJson = False,
) -> None:
    """Make a tree of this layout with the real open-source vectorbt, on stored real minutes.

    The first time, this builds vectorbt's own environment, which needs the package index.
    """
    from parity.replicate.record import Plan, record_tree
    from parity.replicate.report.terminal import draw_recorded

    plan = Plan(tuple(directions.split(",")), batches, strategies, seed, bars)
    with screen.waiting("recording") as step:
        document = record_tree(tree, plan, step=step, say=screen.note)
    tell(document, draw_recorded, as_json=as_json)


def report(
    out: Annotated[Path, typer.Argument(help="The folder that a run wrote its results into.")],
    as_json: AsJson = False,
) -> None:
    """Write the page and the picture of an earlier run again, and print its sums."""
    from parity.replicate.report.files import read_report, write_report
    from parity.replicate.report.terminal import draw_tree

    document = read_report(out)
    write_report(document, out)
    tell(document, draw_tree, as_json=as_json)


def tell(document: dict[str, Any], draw: Any, *, as_json: bool) -> None:
    """Print a document, as it is or drawn, and end with its exit code."""
    from parity.report.document import dump

    if as_json:
        screen.write(dump(document))
    else:
        screen.show(*draw(document))
    raise typer.Exit(document["exit_code"])
