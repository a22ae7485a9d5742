"""Our own engine plays a scenario under a platform's execution model."""

from __future__ import annotations

from engine.errors import InputError, PlatformRefusal
from engine.simulate import UnsupportedScript, simulate
from parity.outcome import Failed, Outcome, Recorded, Refused, Unsupported
from parity.platforms import Platform
from scenarios.scenario import Scenario


def replay(scenario: Scenario, platform: Platform, *, skip: bool = True) -> Outcome:
    """Simulate with the scenario's options for this platform, and what the idiom adds to them.

    Without ``skip`` the engine looks at every bar, which must give the same. Raises InputError for
    a scenario that cannot be used; a crash of the engine is an outcome.
    """
    try:
        result = simulate(
            scenario.bars,
            scenario.script,
            platform.model,
            account=scenario.account,
            symbols=scenario.symbols,
            options={**scenario.options.get(platform.name, {}), **platform.options},
            skip=skip,
        )
        return Recorded(result.tables())
    except UnsupportedScript as error:
        return Unsupported(error.reason)
    except PlatformRefusal as error:
        return Refused(error.reason, str(error))
    except InputError:
        raise
    except Exception as error:  # a bug in the engine must turn one verdict red, not end the run
        return Failed(f"{type(error).__name__}: {error}")
