"""What is trained: texts, sizes, schedules, and the steps at which every position is measured."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import partial
from math import cos, pi

import numpy as np
import numpy.typing as npt

from experiments.temporal import grammar, library
from experiments.temporal.grammar import Style

Draw = Callable[[int, int, int], npt.NDArray[np.int64]]
"""Windows from their count, length and seed, shape (count, length)."""
Texts = Mapping[str, tuple[Draw, int]]
"""Name -> windows of a validation text, the same at every measurement, and how many."""

CONTEXT = 256
BATCH = 4
STEPS = 6000
WARMUP = 100
PEAK = 4e-3
"""Learning rate of AdamW after the warm-up."""
SEED = 0


@dataclass(frozen=True)
class Corpus:
    """What models are trained on, and what they are measured on."""

    name: str
    vocabulary: int
    sizes: Mapping[str, tuple[int, int]]
    """Name -> width and layers."""
    training: Draw
    texts: Texts


UNLIKE = Style(discount=0.7, strength=6.0, names=0.8, habit=0.4, company=0.7)
"""A language with more names, rarer habits and longer sentences."""
INVENTED = Corpus(
    "invented",
    grammar.VOCABULARY,
    {"w16": (16, 2), "w32": (32, 2), "w48": (48, 2), "w64": (64, 2)},
    partial(grammar.documents, Style()),
    {
        "like": (partial(grammar.documents, Style()), 512),
        "shifted": (partial(grammar.documents, UNLIKE), 256),
    },
)
LIBRARY = Corpus(
    "library",
    library.VOCABULARY,
    {"w32": (32, 2), "w48": (48, 2), "w64": (64, 2), "w96": (96, 2)},
    library.trained,
    {"library": (library.unseen, 512), "manual": (library.manual, 256)},
)
CORPORA = {each.name: each for each in (INVENTED, LIBRARY)}
VALIDATION = 1_000_000
"""Seed of the first validation text; those of training are the numbers of the steps."""
MEASUREMENTS = 40
"""Of every run, evenly spaced in the log of the steps."""
FIRST_MEASURED = 1 / 60
"""Of the steps."""


def cosine(step: int, steps: int) -> float:
    """Share of the peak: half a cosine, down to a tenth."""
    return 0.1 + 0.9 * 0.5 * (1 + cos(pi * (step - WARMUP) / (steps - WARMUP)))


def wsd(step: int, steps: int) -> float:
    """Share of the peak: stable, then linear to nothing over the last fifth (warm-up, stable, decay)."""
    return min(1.0, (steps - step) / (0.2 * steps))


SCHEDULES: dict[str, Callable[[int, int], float]] = {"cosine": cosine, "wsd": wsd}


@dataclass(frozen=True)
class Recipe:
    """One run."""

    size: str
    schedule: str
    steps: int = STEPS
    corpus: Corpus = INVENTED

    @property
    def name(self) -> str:
        """Of the run, in the table."""
        return f"{self.size}-{self.schedule}"

    def rate(self, step: int) -> float:
        """Learning rate of a step, counted from 0."""
        warm = min(1.0, (step + 1) / WARMUP)
        return PEAK * warm * (SCHEDULES[self.schedule](step, self.steps) if step >= WARMUP else 1.0)

    def measured(self) -> list[int]:
        """Steps done when the positions are measured."""
        spaced = np.geomspace(max(1, FIRST_MEASURED * self.steps), self.steps, MEASUREMENTS)
        return sorted({round(step) for step in spaced})


def recipes(corpus: Corpus = INVENTED) -> list[Recipe]:
    """Every run of the tables of a corpus, the smallest first."""
    return [Recipe(size, schedule, corpus=corpus) for size in corpus.sizes for schedule in SCHEDULES]
