"""search decides what to try next: engines behind one ask/tell contract, and the history they learn from."""

from search.engine import Engine
from search.factory import engine_names, make_engine
from search.trial import Suggestion, Trial, TrialState

__all__ = ["Engine", "Suggestion", "Trial", "TrialState", "engine_names", "make_engine"]
