"""Poolhouse: a person's own server for links and mail, where any pool is a private feed."""

__version__ = "0.1.0"
