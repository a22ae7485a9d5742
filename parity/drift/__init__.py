"""The same scenarios on two versions of a peer: what changed between them."""
