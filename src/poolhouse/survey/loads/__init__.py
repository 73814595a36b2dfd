"""Loads: what puts work on a server that is measured. Plain sockets and epoll, in pinned processes of their own.

A process has at most 19,900 descriptors, and four source addresses of its own in 127.0.0.0/8: each of them has 28,000
ports towards a server. Imports of the project only `survey`'s histogram and usage, and starts fast.
"""
