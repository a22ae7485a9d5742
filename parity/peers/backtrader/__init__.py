"""backtrader as a peer."""
