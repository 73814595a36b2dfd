"""Side by side with nginx: what a request costs, what a save costs, and what an idle server takes.

`python -m bench` starts the real server and nginx on one core, asks both in turns from the other, and draws the graph.
Imports the project's services to fill its stores, and nothing else of it: what is measured is `poolhouse serve`.
`python -m bench workshop` measures the heavy work instead, and imports what it measures: the tuple space, its workers,
what they do, and the survey's harness.
"""
