"""backtesting.py as a peer."""
