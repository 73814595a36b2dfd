"""Mechanisms: one adapter of at most thirty lines for each way of serving many connections.

An adapter is a function of a listening socket and a `Service`. It converses with every client that connects and does
not return. Each family has a module, which imports its library; nobody imports that module but the server process that
runs it, since some of them patch the standard library. `catalogue` knows them all without importing any.
"""
