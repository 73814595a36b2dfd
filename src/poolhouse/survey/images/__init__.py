"""The image workload: pictures of 36 MB changed beside an event loop that should go on ticking.

The answer to the benchmark that found threads good enough for pictures: what counts is not only how many are done, but
what becomes of everything else that the loop has to do meanwhile. `runs.run` measures, `figures` says what came out.
"""
