"""Strategies that ship, and how any strategy is found by a text that names it.

``SHIPPED`` says where each one is; none is imported before it is asked for.
"""

from engine.strategies.find import SHIPPED, build_strategy, find_strategy

__all__ = ["SHIPPED", "build_strategy", "find_strategy"]
