"""The feed door: one address a pool and format, opened by session, password or secret (RFC 4287, RFC 5005, RFC 3229)."""
