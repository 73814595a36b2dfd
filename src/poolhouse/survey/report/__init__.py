"""The report: what a result holds as sheets of graphs (SVG and PNG), one page that opens without a network, and text.

Reads results and never measures. Imports matplotlib and vl_convert only when something is drawn: the rest of
`poolhouse survey` does without them.
"""
