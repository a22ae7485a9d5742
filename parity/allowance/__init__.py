"""What a scenario's own settings permit a ledger to do, so that invariants need no exceptions.

Options are read by execution model. One without an entry here is allowed what the account says.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping

from parity.allowance import backtesting_py, backtrader, vectorbt, zipline
from parity.allowance.allowance import Allowance
from parity.platforms import Platform
from scenarios.scenario import Scenario

Allow = Callable[[Scenario, Platform, Iterable[str]], Allowance]
"""Reads a scenario's settings as a platform gets them; the last names the accounts."""

ALLOWANCES: Mapping[str, Allow] = {
    "backtesting_py": backtesting_py.allow,
    "backtrader": backtrader.allow,
    "vectorbt": vectorbt.allow,
    "zipline": zipline.allow,
}

# Orders that wait are told in the order in which they were made, not in which they were filled.
WAITING: Mapping[str, str] = {
    "position_conserved": "orders are listed as they were made, not as they were filled",
    "order_cash_conserved": "orders are listed as they were made, not as they were filled",
}


def allowance_for(scenario: Scenario, platform: Platform, accounts: Iterable[str]) -> Allowance:
    """Read a scenario's settings as this platform gets them."""
    return ALLOWANCES.get(platform.model, plain)(scenario, platform, accounts)


def plain(scenario: Scenario, _platform: Platform, accounts: Iterable[str]) -> Allowance:
    """What the account alone permits, to a platform whose orders wait and fill in parts."""
    account = scenario.account
    return Allowance(
        cash=dict.fromkeys(accounts, account.cash),
        slippage=account.slippage,
        negative_fees=min(account.commission, account.fixed) < 0,
        in_parts=True,
        set_aside=WAITING,
    )


__all__ = ["ALLOWANCES", "Allow", "Allowance", "allowance_for", "plain"]
