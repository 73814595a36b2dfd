"""The HTTP front: what a connection may cost us, and the short cut for feed polls, under any ASGI application.

`serve` runs it. `message` says what a short cut sees and answers. Imports errors, `servers.listening`, uvicorn
and no other door.
"""
