"""vectorbt as a peer."""
