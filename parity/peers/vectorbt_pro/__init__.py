"""VectorBT Pro as a peer that only its users can run."""
