"""quantstats as a peer of our metrics."""
