"""The measured table: its language is what it says, training runs, what is committed is whole."""

import json
from collections import Counter
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest

from experiments.temporal import library
from experiments.temporal.grammar import STOP, SYLLABLES, THE, VOCABULARY, Style, documents
from experiments.temporal.recipe import CONTEXT, CORPORA, INVENTED, MEASUREMENTS, Corpus, Recipe, recipes
from experiments.temporal.table import FACTS
from objectives.temporal.history_table import read_histories

TABLES = Path(__file__).resolve().parents[2] / "experiments" / "temporal"


def test_documents_are_the_same_for_the_same_seed_and_no_other() -> None:
    one, again, other = (documents(Style(), 3, 100, seed) for seed in (1, 1, 2))
    assert np.array_equal(one, again)
    assert not np.array_equal(one, other)
    assert one.min() >= 0
    assert one.max() < VOCABULARY


def test_names_come_in_pairs_and_come_back() -> None:
    (document,) = documents(Style(), 1, 2000, 0).tolist()
    start = document.index(STOP) + 1
    syllables = [token in SYLLABLES for token in document[start:]]
    runs = "".join("s" if each else "." for each in syllables).split(".")
    assert {len(run) for run in runs[:-1]} <= {0, 2}
    pairs = [
        tuple(document[k : k + 2])
        for k in range(start, len(document) - 1)
        if document[k] in SYLLABLES and document[k - 1] not in SYLLABLES
    ]
    common = Counter(pairs).most_common(10)
    assert sum(times for _, times in common) > 0.5 * len(pairs)
    assert all(document[k + 1] not in (THE, STOP) for k in range(start, 1999) if document[k] == THE)


def test_the_library_keeps_whole_files_for_validation() -> None:
    one, again = (library.unseen(4, 200, 5) for _ in range(2))
    assert np.array_equal(one, again)
    learned, kept = library.files(held_out=False), library.files(held_out=True)
    assert len(learned) > 8 * len(kept) > 0
    assert not set(learned) & set(kept)
    assert library.source(held_out=True).tobytes().count(b"\nimport ") > 100


def test_new_names_become_rarer_like_a_power() -> None:
    """The number of names grows like mentions^discount, not like their logarithm."""
    known = []
    for length in (500, 8000):
        (document,) = documents(Style(discount=0.5), 1, length, 3).tolist()
        known.append(len({pair for pair in pairwise(document) if set(pair) <= set(SYLLABLES)}))
    assert 2.0 < known[1] / known[0] < 8.0  # sixteen times the text: a factor of about four


@pytest.mark.parametrize("recipe", recipes(), ids=lambda recipe: recipe.name)
def test_learning_rates_warm_up_and_come_down(recipe: Recipe) -> None:
    rates = [recipe.rate(step) for step in range(recipe.steps)]
    assert rates[0] < 0.02 * max(rates)
    assert rates[-1] <= 0.11 * max(rates)
    assert recipe.measured()[-1] == recipe.steps
    assert len(recipe.measured()) == MEASUREMENTS


@pytest.mark.parametrize(
    ("corpus", "text"), [(corpus, text) for corpus in CORPORA.values() for text in corpus.texts]
)
def test_the_committed_table_has_every_run(corpus: Corpus, text: str) -> None:
    histories = read_histories(TABLES / f"{text}.csv.gz")
    assert list(histories) == [each.name for each in recipes(corpus)]
    for history in histories.values():
        assert history.losses.shape == (MEASUREMENTS, CONTEXT)
        assert history.mean[-1] < history.mean[0] < np.log(corpus.vocabulary)
    assert (TABLES / f"{text}.csv.gz").stat().st_size < 1_000_000


@pytest.mark.parametrize("corpus", CORPORA.values())
def test_the_committed_facts_name_every_run(corpus: Corpus) -> None:
    facts = json.loads((TABLES / FACTS[corpus.name]).read_text())
    assert [each["run"] for each in facts] == [each.name for each in recipes(corpus)]
    assert {"parameters", "steps", "cpu_seconds", "python", "torch", "numpy"} <= set(facts[0])


def test_a_run_of_a_few_steps_learns_and_is_kept(tmp_path: Path) -> None:
    pytest.importorskip("torch", reason="needs PyTorch, the optional extra `train`")
    from experiments.temporal.train import measure

    path = measure(Recipe("w16", "cosine", steps=40), tmp_path, {"like": (INVENTED.training, 8)})
    with np.load(path) as run:
        assert run["like"].shape == (len(run["tokens"]), CONTEXT)
        assert run["like"][-1].mean() < run["like"][0].mean()
        assert json.loads(str(run["about"]))["steps"] == 40
