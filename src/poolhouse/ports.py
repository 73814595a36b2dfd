"""What the rest of the program needs of the store, the clock and chance: Protocols, with their contracts."""
