"""A miniature platform: it buys one unit of the first symbol at its first close, and holds it."""

from __future__ import annotations

import json
import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path

import polars as pl

from engine.schema import BARS, SIGNALS
from engine.script import Account, Script
from parity.environments import Environment
from parity.peers import wire
from parity.platforms import Platform
from scenarios import Scenario

FAKE = Platform("fake", "1.0", "plain", "house", {"engine": "plain"})
START = datetime(2024, 1, 2, tzinfo=UTC)

HONEST = f"""
import sys
from pathlib import Path

sys.path.append({str(Path(wire.__file__).parent)!r})
from wire import Peer, main, table

HERE = Path(__file__)


def play(request):
    with HERE.with_name("plays.txt").open("a") as plays:
        plays.write(request.name + "\\n")
    EXTRA
    clock, symbol = request.clock, request.symbols[0]
    close = request.market["close"][:, 0]
    cash = request.account["cash"]
    first = dict(timestamp=clock[:1], symbol=[symbol], quantity=[1.0], price=close[:1])
    trade = dict(
        trade_id=[0], position_id=[0], symbol=[symbol], quantity=[1.0],
        entry_time=clock[:1], entry_price=close[:1], entry_commission=[0.0],
        exit_time=clock[-1:], exit_price=close[-1:], exit_commission=[0.0],
        pnl=close[-1:] - close[:1], **{{"return": close[-1:] / close[:1] - 1}}, status=["open"],
    )
    after = dict(status=["filled"], reason=[""], cash=cash - close[:1], position=[1.0])
    return {{
        "orders": table("orders", dict(order_id=[0], **first, **after)),
        "fills": table("fills", dict(fill_id=[0], order_id=[0], **first, commission=[0.0])),
        **{{name: table(name, trade) for name in ("trades", "entry_trades", "positions")}},
        "equity": table("equity", dict(
            timestamp=clock, account=[symbol] * len(clock),
            cash=cash - close[0] + 0 * close, equity=cash - close[0] + close,
        )),
    }}


main(Peer("fake", "1.0", (), lambda options: options["engine"], play), HERE)
"""


def honest(extra: str = "") -> str:
    """The miniature's recorder, with one more line in its play."""
    return HONEST.replace("EXTRA", extra or "pass")


def install(folder: Path, source: str, requirements: str = "") -> Path:
    """Put a recorder where ``parity.platforms.PEERS`` is made to point."""
    place = folder / FAKE.name
    place.mkdir(parents=True, exist_ok=True)
    (place / "recorder.py").write_text(source)
    (place / "requirements.txt").write_text(requirements)
    return place


def here() -> Environment:
    """The Python that runs the tests, as if it were the miniature's environment."""
    about = {"platform": "fake", "version": "1.0", "python": "3.11.0", "packages": {}}
    return Environment(Path(sys.executable), "0" * 64, about)


def story(name: str, *, cash: float = 100.0, closes: tuple[float, ...] = (10.0, 11.0)) -> Scenario:
    """Bars of one symbol at these closes, one a minute, and no signal."""
    bars = pl.DataFrame(
        [
            (START + timedelta(minutes=i), "A", close, close, close, close, 1.0)
            for i, close in enumerate(closes)
        ],
        schema=BARS,
        orient="row",
    )
    script = Script("signals", pl.DataFrame(schema=SIGNALS))
    return Scenario(
        name=name,
        title="A title",
        topic="fills",
        rule="bought at 10",
        symbols=("A",),
        bars=bars,
        script=script,
        account=Account(cash=cash),
        options={"fake": {"lot": 1}, "other": {"secret": 2}},
        platforms={"fake": ("plain",)},
    )


def recording(folder: Path, scenario: Scenario, *, price: float = 10.0, **said: str) -> Path:
    """What an honest recorder of the miniature writes, written here without running it."""
    times = scenario.bars["timestamp"].dt.epoch("ms").to_list()
    first = {"timestamp": times[:1], "symbol": ["A"], "quantity": [1.0], "price": [price]}
    closes = scenario.bars["close"].to_list()
    tables = {
        "orders": {
            "order_id": [0], **first, "status": ["filled"], "reason": [""],
            "cash": [100.0 - price], "position": [1.0],
        },
        "fills": {"fill_id": [0], "order_id": [0], **first, "commission": [0.0]},
        "equity": {
            "timestamp": times, "account": ["A"] * len(times),
            "cash": [100.0 - price] * len(times), "equity": [100.0 - price + c for c in closes],
        },
    }  # fmt: skip
    head = {
        "outcome": "recorded", "reason": "", "message": "", "platform": "fake", "version": "1.0",
        "idiom": "plain", "python": "3.11.7", "packages": {}, "request": "r",
        "recorder": wire.recorder_digest(FAKE.recorder), **said,
    }  # fmt: skip
    kept = tables if head["outcome"] == "recorded" else {}
    wire.write_recording(
        folder, head, {name: wire.table(name, columns) for name, columns in kept.items()}
    )
    return folder


def edit_head(folder: Path, **changes: object) -> None:
    """Make a recording say something else."""
    path = folder / wire.HEAD
    path.write_text(json.dumps({**json.loads(path.read_text()), **changes}))
