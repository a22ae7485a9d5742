"""empyrical-reloaded as a peer of our metrics."""
