"""The HTTP front: connection limits and the short cut for feed polls, under Starlette."""
