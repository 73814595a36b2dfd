"""Documents: bytes and text to types and back, one module a format; imports `types` and `errors` only."""
