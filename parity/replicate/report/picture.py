"""Which share of each batch passes each criterion, and how far PnL is apart, as one picture."""

from __future__ import annotations

from pathlib import Path
from typing import Any, Final

import numpy as np
import polars as pl

from engine.errors import OptionError
from engine.execution.records import Floats
from parity.replicate.criteria import CRITERIA, WORDS
from parity.replicate.job import STRATEGIES

# Ends of the classes of relative PnL differences; the first class is "no difference at all".
EDGES: Final = (1e-12, 1e-9, 1e-6, 1e-4, 1e-3, 1e-2, 2e-2, 1e-1, 1.0)
CLASSES: Final = ("0", *(f"≤ {edge:g}" for edge in EDGES), "more")


def draw(document: dict[str, Any], path: Path) -> None:
    """Write the picture; OptionError where matplotlib is not installed."""
    try:
        # An extra, and slow to load.
        from matplotlib.figure import Figure
    except ImportError as error:
        raise OptionError(
            "the picture needs matplotlib; install it with: pip install 'truefill[report]'"
        ) from error
    judged = [batch for batch in document["batches"] if "criteria" in batch]
    figure = Figure(figsize=(11, 6.4), layout="constrained")
    shares, apart = figure.subplots(2, 1, height_ratios=(1, 1.1))
    _shares(figure, shares, judged)
    _differences(apart, pnl_gaps(Path(document["out"]), judged))
    figure.suptitle(f"{Path(document['tree']).name} under the model {document['model']}")
    figure.savefig(path, dpi=110, metadata={"Software": None})


def pnl_gaps(out: Path, batches: list[dict[str, Any]]) -> Floats:
    """|PnL theirs - ours| / |PnL theirs| of every strategy that was replayed."""
    gaps = [np.empty(0)]
    for batch in batches:
        rows = pl.read_parquet(out / batch["batch"] / STRATEGIES).filter(pl.col("reason") == "")
        theirs, ours = rows["pnl_theirs"].to_numpy(), rows["pnl_ours"].to_numpy()
        with np.errstate(divide="ignore", invalid="ignore"):
            gap = np.abs(theirs - ours) / np.abs(theirs)
        gaps.append(np.where(theirs == ours, 0.0, gap))
    return np.concatenate(gaps)


def classes(gaps: Floats) -> list[int]:
    """How many gaps fall into each class; what is not a number is in the last one."""
    places = np.where(gaps == 0.0, 0, 1 + np.searchsorted(EDGES, np.nan_to_num(gaps, nan=np.inf)))
    counts: list[int] = np.bincount(places, minlength=len(CLASSES)).tolist()
    return counts


def _shares(figure: Any, axes: Any, batches: list[dict[str, Any]]) -> None:
    """A row per criterion, a column per batch."""
    grid = np.array(
        [[b["criteria"][name] / max(b["strategies"], 1) for b in batches] for name in CRITERIA]
    ).reshape(len(CRITERIA), -1)
    image = axes.imshow(
        100 * grid, aspect="auto", vmin=0, vmax=100, cmap="RdYlGn", interpolation="nearest"
    )
    axes.set_yticks(range(len(CRITERIA)), [WORDS[name] for name in CRITERIA])
    folders = [batch["batch"].rpartition("/")[0] for batch in batches]
    starts = [n for n, name in enumerate(folders) if n == 0 or name != folders[n - 1]]
    axes.set_xticks(starts, [folders[n] for n in starts], ha="left")
    for start in starts[1:]:
        axes.axvline(start - 0.5, color="black", linewidth=1)
    axes.set_title("share of strategies that pass, by batch", fontsize=10)
    figure.colorbar(image, ax=axes, label="%", fraction=0.03, pad=0.01)


def _differences(axes: Any, gaps: Floats) -> None:
    """A bar per class of difference, the count on it."""
    counts = classes(gaps)
    colours = ["#1a9850", *["#91cf60"] * 3, *["#d9ef8b"] * 4, "#fee08b", "#fc8d59", "#d73027"]
    bars = axes.bar(CLASSES, counts, color=colours[: len(CLASSES)])
    axes.bar_label(bars, [f"{count:,}" if count else "" for count in counts], fontsize=9)
    axes.margins(y=0.15)
    axes.spines[["top", "right"]].set_visible(False)
    axes.set_ylabel("strategies")
    axes.set_title("relative difference of PnL, theirs and ours", fontsize=10)
