"""Scenarios: small market stories in data, never the answer."""

from scenarios.bundle import load_bundle, save_bundle
from scenarios.scenario import Scenario

__all__ = ["Scenario", "load_bundle", "save_bundle"]
