"""The survey: what ways of doing several things at once cost, measured side by side. A leaf of the project.

Imports only `poolhouse.space` and `errors`, and nothing of the server; the server does not import it. What it teaches
reaches the server as a decision record.
"""

from typing import Final

INSTALL: Final = "make survey-environment, in the folder of Poolhouse"
"""What brings the libraries that are measured, and those that draw."""
