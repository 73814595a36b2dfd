"""The gate: what a mechanism has to show before it is timed. A fast wrong answer is no answer.

`check_mechanism` tries it and says the outcome of every check. What gives wrong answers, loses requests, does not end
connections, leaks or does not end itself is not timed; what a server does when it has no descriptors left is told
beside its figures, as most ways of serving do something bad then, the standard library's among them.
"""

from poolhouse.survey.gate.checking import check_mechanism, may_be_timed
from poolhouse.survey.gate.outcome import Outcome

__all__ = ["Outcome", "check_mechanism", "may_be_timed"]
