"""The door for mail: LMTP (RFC 2033), behind the person's own mail server. May import what the other doors may.

`letterbox` is what it needs of the program behind it, `replies` how it words what happens, `connection` one
conversation, `door` where it listens.
"""

from poolhouse.servers.lmtp.door import LmtpDoor
from poolhouse.servers.lmtp.letterbox import Letterbox

__all__ = ["Letterbox", "LmtpDoor"]
