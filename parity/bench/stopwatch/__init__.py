"""Both sides of a race, each in a process of its own."""
