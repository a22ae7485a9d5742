"""Stored trees of vectorbt results, replicated strategy by strategy: which match, and which not."""
