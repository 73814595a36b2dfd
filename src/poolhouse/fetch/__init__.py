"""Everything that goes out: one HTTP fetcher with limits and the one guard against private addresses.

May import all below `services`; asyncio and aiohttp live here. Nothing else in Poolhouse opens a connection outwards.
"""
