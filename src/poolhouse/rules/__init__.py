"""Pure decisions: no I/O, no clock, no randomness; imports `formats`, `types` and `errors`."""
