"""Make trees of the layout from the real open-source vectorbt, in its own environment."""

from __future__ import annotations

import json
import subprocess
import tempfile
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

import polars as pl

from engine.errors import OptionError, PeerFailed
from engine.store.aside import folder_aside
from engine.store.digest import file_digest
from parity.environments import PROJECT, Environment, environment_of, peer_environ
from parity.platforms import PEERS, find_platforms
from parity.replicate.generate import Asked, Draw, write_batch
from parity.replicate.layout import FOLDER, Tree, open_tree
from parity.replicate.prices import PRICES, Prices, read_prices
from parity.replicate.settings import NAME, Settings, read_settings
from parity.replicate.store import Place

RECORDER: Final = PEERS / "vectorbt" / "tree.py"
MINUTES: Final = PROJECT / "reference_data" / "bars" / "crypto_1m_binance_perp"
SYMBOLS: Final = {"BTC": "BTCUSDT", "ETH": "ETHUSDT", "SOL": "SOLUSDT", "XRP": "XRPUSDT",
                  "DOGE": "DOGEUSDT"}  # fmt: skip
MANIFEST: Final = "manifest.json"
DIRECTIONS: Final = ("BTC_longshort", "ETH_short")
Step = Callable[[str, int, int], None]


@dataclass(frozen=True, slots=True)
class Plan:
    """What a recorded tree holds. ``bars`` is where its prices are, relative to it or absolute."""

    directions: Sequence[str] = DIRECTIONS
    batches: int = 2
    strategies: int = 40
    seed: int = 1
    bars: str = ""
    zone: str = "US/Central"
    plus_hours: float = 7.0
    draw: Draw = field(default_factory=Draw)


def record_tree(
    root: Path,
    plan: Plan,
    *,
    step: Step = lambda _what, _done, _total: None,
    say: Callable[[str], None] = lambda _text: None,
) -> dict[str, Any]:
    """Draw strategies, play them with vectorbt, and keep all of it as a tree.

    The tree appears whole or not at all. Raises OptionError for a plan that cannot be, PeerMissing
    and PeerFailed where vectorbt cannot be asked.
    """
    check(plan, root)
    environment = environment_of(find_platforms("vectorbt")[0], say=say)
    root.parent.mkdir(parents=True, exist_ok=True)
    bars = plan.bars or str(MINUTES / "{symbol}.parquet")
    with folder_aside(root) as aside:
        (aside / NAME).write_text(settings_text(plan, bars), encoding="utf-8")
        settings = read_settings((aside / NAME).read_text(encoding="utf-8"))
        prices = draw_all(aside, root, plan, settings)
        tree = open_tree(str(aside))
        play(tree, prices, environment, step)
        manifest = manifest_of(aside, plan, environment, prices)
        text = json.dumps(manifest, indent=1, sort_keys=True)
        (aside / MANIFEST).write_text(text + "\n", encoding="utf-8")
    told = {"tree": str(root), "batches": len(tree.batches), "platform": manifest["platform"]}
    return {**told, **manifest["of"], "exit_code": 0}


def check(plan: Plan, root: Path) -> None:
    """A plan that can be drawn, and a place that is free."""
    for name in plan.directions:
        match = FOLDER.fullmatch(name)
        if not match or match["asset"] not in SYMBOLS:
            known = ", ".join(SYMBOLS)
            raise OptionError(
                f"direction {name!r}: write ASSET_long, ASSET_short or ASSET_longshort, with one "
                f"of the assets {known}"
            )
    if root.exists():
        raise OptionError(f"{root} is there already; name another folder or remove it")


def settings_text(plan: Plan, bars: str) -> str:
    """The tree's replicate.toml."""
    assets = dict.fromkeys(name.rpartition("_")[0] for name in plan.directions)
    symbols = ", ".join(f'{asset} = "{SYMBOLS[asset]}"' for asset in assets)
    return f"""model = "vectorbt"

[account]
cash = 100000
fees = 0.0002
slippage = 0.0002

[script]
size = "all"
entry_price = "open"

[bars]
path = "{bars}"
symbols = {{ {symbols} }}

[clock]
zone = "{plan.zone}"
plus_hours = {plan.plus_hours}
repeated = "first"
"""


def draw_all(aside: Path, root: Path, plan: Plan, settings: Settings) -> dict[str, Prices]:
    """Write what every batch asks; returns the bars of each asset on the clock of the files."""
    prices: dict[str, Prices] = {}
    for name in plan.directions:
        asset, _, direction = name.rpartition("_")
        prices.setdefault(asset, read_prices(Place(str(root)), settings, asset))
        for number in range(1, plan.batches + 1):
            asked = Asked(direction, number, plan.strategies, plan.seed)
            write_batch(aside / name / f"batch_{number:03d}", prices[asset].times, asked, plan.draw)
    return prices


def play(
    tree: Tree, prices: Mapping[str, Prices], environment: Environment, step: Step
) -> dict[str, Any]:
    """Let vectorbt play every batch of a tree; returns the seconds of each part of each batch."""
    seconds: dict[str, Any] = {}
    with tempfile.TemporaryDirectory(prefix="truefill-tree-") as folder:
        order = order_of(tree, prices, Path(folder))
        path = Path(folder) / "order.json"
        path.write_text(json.dumps(order), encoding="utf-8")
        for line in answers(environment, path):
            told = parsed(line)
            name = Path(told["folder"]).relative_to(tree.place.root).as_posix()
            seconds[name] = told["seconds"]
            step(name, len(seconds), len(tree.batches))
    return seconds


def parsed(line: str) -> dict[str, Any]:
    """One line of the recorder; anything but JSON is a failure of it."""
    try:
        told: dict[str, Any] = json.loads(line)
    except ValueError as error:
        raise PeerFailed(f"vectorbt's recorder said {line.strip()!r}, which is not JSON") from error
    return told


def order_of(tree: Tree, prices: Mapping[str, Prices], folder: Path) -> dict[str, Any]:
    """What vectorbt is told: bars on the clock of the files, costs, and one entry per batch."""
    settings = tree.settings
    for asset, own in prices.items():
        write_bars(folder / f"{asset}.parquet", own)
    return {
        "fees": settings.fees,
        "slippage": settings.slippage,
        "cash": settings.cash,
        "freq": "1min",
        "engine": "numba",
        "batches": [
            {
                "folder": tree.place.at(batch.name),
                "bars": str(folder / f"{batch.asset}.parquet"),
                "direction": batch.direction,
            }
            for batch in tree.batches
        ],
    }


def write_bars(path: Path, prices: Prices) -> None:
    """Bars as a user of vectorbt would hold them: naive times, four prices."""
    columns = {name: price[:, 0] for name, price in zip(PRICES, prices.market, strict=False)}
    times = pl.Series(prices.times).cast(pl.Datetime("ms"))
    pl.DataFrame({"timestamp": times, **columns}).write_parquet(path)


def answers(environment: Environment, order: Path) -> Iterator[str]:
    """The recorder's lines as they come; PeerFailed when it ends badly."""
    command = [str(environment.python), str(RECORDER), str(order)]
    with (
        tempfile.TemporaryFile("w+", errors="replace") as errors,
        subprocess.Popen(
            command, stdout=subprocess.PIPE, stderr=errors, text=True, env=peer_environ()
        ) as process,
    ):
        assert process.stdout is not None
        yield from process.stdout
        if process.wait() != 0:
            errors.seek(0)
            tail = " ".join(errors.read()[-2000:].splitlines()[-4:])
            raise PeerFailed(f"vectorbt ended with exit code {process.returncode}: {tail}")


def manifest_of(
    root: Path, plan: Plan, environment: Environment, prices: Mapping[str, Prices]
) -> dict[str, Any]:
    """Where a tree comes from, and the digest of every file of it."""
    files = sorted(path for path in root.rglob("*") if path.is_file())
    return {
        "platform": dict(environment.about),
        "environment": environment.digest,
        "recorder": file_digest(RECORDER),
        "of": {
            "directions": list(plan.directions),
            "strategies": plan.strategies * plan.batches * len(plan.directions),
            "seed": plan.seed,
            "bars": {asset: len(own.times) for asset, own in sorted(prices.items())},
        },
        "files": {path.relative_to(root).as_posix(): file_digest(path) for path in files},
    }


def differing_files(root: Path) -> list[str]:
    """Files of a recorded tree that are not those of its manifest, or are not named there."""
    told = json.loads((root / MANIFEST).read_text(encoding="utf-8"))["files"]
    there = {
        path.relative_to(root).as_posix(): file_digest(path)
        for path in root.rglob("*")
        if path.is_file() and path.name != MANIFEST
    }
    return sorted(name for name in {*told, *there} if told.get(name) != there.get(name))
