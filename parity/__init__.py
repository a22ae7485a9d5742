"""The proof: real platforms' fills, stored, replayed and compared."""
