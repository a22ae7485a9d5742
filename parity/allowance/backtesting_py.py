"""What backtesting.py's settings permit: a balance instead of cash, and prices outside the bar."""

from __future__ import annotations

from collections.abc import Iterable

from engine.schema import Kind
from parity.allowance.allowance import Allowance
from parity.platforms import Platform
from scenarios.scenario import Scenario

BALANCE = (
    "backtesting.py's cash is a balance: buying does not lower it, only commissions and losses"
)
LISTED = "orders are listed as they were made, not as they were filled"
STAMPED = "fills on the close are stamped with the bar before the one on which money moves"
SET_ASIDE = {
    "cash_conserved": BALANCE,
    "order_cash_conserved": BALANCE,
    "position_conserved": LISTED,
}


def allow(scenario: Scenario, platform: Platform, accounts: Iterable[str]) -> Allowance:
    """Read a scenario's settings as this platform gets them.

    A stop-limit order that is gapped fills at its stop, and a stop order that trades on the close
    may fill at a close its bar does not reach: such prices may lie anywhere.
    """
    options, account = scenario.options.get(platform.name, {}), scenario.account
    kinds = set(scenario.script.frame["kind"]) if scenario.script.kind == "orders" else set()
    spread = options.get("spread", account.slippage)
    on_close = bool(options.get("trade_on_close"))
    return Allowance(
        cash=dict.fromkeys(accounts, account.cash),
        slippage=float(spread) if isinstance(spread, int | float) else account.slippage,
        any_price=Kind.STOP_LIMIT.value in kinds or (on_close and Kind.STOP.value in kinds),
        negative_fees=account.commission < 0,
        in_parts=True,
        balance=True,
        set_aside={**SET_ASIDE, "equity_adds_up": STAMPED} if on_close else SET_ASIDE,
    )
