"""Evidence: what a model may know of a history, and what it makes of it."""

import numpy as np
import numpy.typing as npt
from ConfigSpace import ConfigurationSpace

from search import make_engine
from search.judgement import Evidence, Judge

Array = npt.NDArray[np.float64]


def test_evidence_tells_values_failures_and_pending_trials_apart() -> None:
    engine = make_engine("random", ConfigurationSpace({"x": (0.0, 1.0), "y": (0.0, 1.0)}), seed=0)
    trials = engine.ask(6)
    rows = engine.encoder.encode_many([trial.config for trial in trials])
    for place, value in ((3, 0.5), (0, 1.5), (1, 2.5)):
        engine.tell(trials[place], value)
    engine.tell_failure(trials[4], "diverged")
    evidence = Evidence.of(engine.history, engine.candidates)
    np.testing.assert_allclose(evidence.rows, rows[[3, 0, 1]], atol=1e-9)
    np.testing.assert_array_equal(evidence.values, [0.5, 1.5, 2.5])
    np.testing.assert_allclose(evidence.ended, rows[[3, 0, 1, 4]], atol=1e-9)
    np.testing.assert_array_equal(evidence.labels, [1.0, 1.0, 1.0, -1.0])
    np.testing.assert_allclose(evidence.pending, rows[[2, 5]], atol=1e-9)
    few = evidence.among(np.array([True, False, True]))
    np.testing.assert_array_equal(few.values, [0.5, 2.5])
    assert (len(few.ended), len(few.pending)) == (4, 2)


def test_what_is_pending_promises_little_and_a_failure_less_than_it_would() -> None:
    engine = make_engine("random", ConfigurationSpace({"x": (0.0, 1.0), "y": (0.0, 1.0)}), seed=0)
    rows = np.random.default_rng(0).random((12, 2))
    values, place, none = rows.sum(axis=1), np.array([[0.02, 0.03]]), np.empty((0, 2))
    judge = Judge(engine.encoder, trees=False)

    def score(ended: Array, labels: Array, pending: Array) -> float:
        evidence = Evidence(rows, values, ended, labels, pending)
        return float(judge.acquisition(evidence, 0, np.random.default_rng(0))(place)[0])

    free = score(rows, np.ones(12), none)
    assert score(rows, np.ones(12), place) < free - 1.0
    failed = np.concatenate([rows, place + 0.01]), np.append(np.ones(12), -1.0)
    assert score(*failed, none) < free - 1.0
