"""Truefill: a backtest engine whose fills are proven true."""
