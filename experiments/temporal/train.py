"""Measure the table: `python -m experiments.temporal.train`, with the extra `train` (PyTorch on a CPU).

Trains every run of `recipe` that has no file in the folder of drafts yet (so an interrupted measurement goes
on where it stopped), one thread each, then joins the drafts into tables. With names (`library`,
`w64-cosine ...`) only that corpus, or those runs.
"""

import json
import platform
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import torch

from experiments.temporal.model import Shape, Tensor, Weights, initial, losses
from experiments.temporal.recipe import (
    BATCH,
    CONTEXT,
    CORPORA,
    SEED,
    VALIDATION,
    Draw,
    Recipe,
    Texts,
    recipes,
)
from experiments.temporal.table import DRAFTS, draft, join


def measure(recipe: Recipe, folder: Path = DRAFTS, texts: Texts | None = None) -> Path:
    """Train one run, writing the loss at every position of each text as one file when it is done."""
    start = time.process_time()
    corpus = recipe.corpus
    shape = Shape(*corpus.sizes[recipe.size], corpus.vocabulary, CONTEXT)
    weights = initial(shape, SEED)
    optimiser = torch.optim.AdamW(_groups(weights), betas=(0.9, 0.95))
    windows_of = dict(validation(corpus.texts if texts is None else texts))
    due = set(recipe.measured())
    seen: dict[str, list[Any]] = {"tokens": [], "lr": [], **{name: [] for name in windows_of}}
    for step in range(recipe.steps):
        windows = _windows(corpus.training, BATCH, step)
        learn(weights, shape, optimiser, windows, recipe.rate(step))
        if step + 1 in due:
            seen["tokens"].append((step + 1) * BATCH * CONTEXT)
            seen["lr"].append(recipe.rate(step))
            for name, each in windows_of.items():
                seen[name].append(by_position(weights, shape, each))
            print(
                f"{recipe.name} step {step + 1}: {np.mean(next(reversed(seen.values()))[-1]):.4f}", flush=True
            )
    about = {"run": recipe.name, "parameters": shape.parameters, "steps": recipe.steps}
    about |= {"cpu_seconds": round(time.process_time() - start), "python": platform.python_version()}
    about |= {"torch": torch.__version__, "numpy": np.__version__}
    return _write(draft(recipe, folder), {"about": json.dumps(about), **seen})


def validation(texts: Texts) -> Iterator[tuple[str, Tensor]]:
    """The windows of each text."""
    for number, (name, (draw, count)) in enumerate(texts.items()):
        yield name, _windows(draw, count, VALIDATION + number)


def _windows(draw: Draw, count: int, seed: int) -> Tensor:
    return torch.from_numpy(draw(count, CONTEXT + 1, seed))


def learn(weights: Weights, shape: Shape, optimiser: Any, windows: Tensor, rate: float) -> None:
    """One step of AdamW."""
    for group in optimiser.param_groups:
        group["lr"] = rate
    losses(weights, shape, windows).mean().backward()
    torch.nn.utils.clip_grad_norm_(list(weights.values()), 1.0)
    optimiser.step()
    optimiser.zero_grad()


def by_position(weights: Weights, shape: Shape, windows: Tensor) -> Any:
    """Mean loss at each position, shape (context,), float64."""
    with torch.no_grad():
        parts = [losses(weights, shape, part).double().sum(0) for part in windows.split(32)]
    return (torch.stack(parts).sum(0) / len(windows)).numpy()


def _groups(weights: Weights) -> list[dict[str, Any]]:
    """Matrices decay, gains do not."""
    matrices = [each for each in weights.values() if each.ndim == 2]
    gains = [each for each in weights.values() if each.ndim == 1]
    return [{"params": matrices, "weight_decay": 0.1}, {"params": gains, "weight_decay": 0.0}]


def _write(path: Path, arrays: dict[str, Any]) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    draft = path.with_suffix(".draft.npz")
    whole: dict[str, Any] = {name: np.asarray(values) for name, values in arrays.items()}
    np.savez_compressed(draft, **whole)
    return draft.replace(path)


def main(names: list[str]) -> None:
    """Train what is missing, then join what there is."""
    torch.set_num_threads(1)
    for name, corpus in CORPORA.items():
        wanted = [each for each in recipes(corpus) if not names or {name, each.name} & set(names)]
        for recipe in wanted:
            if not draft(recipe).exists():
                measure(recipe)
        if wanted:
            join(corpus)


if __name__ == "__main__":
    main(sys.argv[1:])
