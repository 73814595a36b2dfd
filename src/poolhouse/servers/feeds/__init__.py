"""The feed door: one address a pool and format, opened by session, password or secret."""
