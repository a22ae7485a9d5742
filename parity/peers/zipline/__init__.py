"""zipline-reloaded as a peer."""
