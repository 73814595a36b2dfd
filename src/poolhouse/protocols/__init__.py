"""Conversations: bytes in, events and bytes out, no I/O and no clock. May import `types` and `errors` alone."""
