"""bt as a peer of exposures kept at a share of equity."""
