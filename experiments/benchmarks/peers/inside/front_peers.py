"""Peers with several objectives, one search a process: `python front_peers.py NAME < lines > lines`.

The first line read describes the search: parameters, reference, seed. Then each line written is a
configuration, and each line read its values, or null where it breaks the constraint.
"""

from __future__ import annotations

import json
import sys
import warnings
from collections.abc import Callable, Iterator
from typing import Any

Search = dict[str, Any]
Ask = Callable[[dict[str, Any]], "list[float] | None"]

WORST = 1e3
"""Told to a sampler for a configuration that breaks the constraint, beside the fact."""
INITIAL, RAW, STARTS, DRAWS = 10, 128, 4, 64


def optuna_search(search: Search, ask: Ask, name: str) -> None:
    """NSGA-II or TPE at their defaults; constraints by Optuna's own means."""
    import optuna

    optuna.logging.set_verbosity(optuna.logging.ERROR)

    def broken(trial: Any) -> list[float]:
        return [float(trial.user_attrs.get("broken", 0.0))]

    kind = {"nsga2": optuna.samplers.NSGAIISampler, "tpe": optuna.samplers.TPESampler}[name]
    sampler = kind(seed=search["seed"], constraints_func=broken if search["barred"] else None)
    study = optuna.create_study(directions=["minimize"] * len(search["reference"]), sampler=sampler)
    while True:
        trial = study.ask()
        values = ask({one["name"]: _suggested(trial, one) for one in search["parameters"]})
        if values is None:
            trial.set_user_attr("broken", 1.0)
        study.tell(trial, [WORST] * len(search["reference"]) if values is None else values)


def _suggested(trial: Any, one: dict[str, Any]) -> Any:
    if one["values"]:
        return trial.suggest_categorical(one["name"], one["values"])
    return trial.suggest_float(one["name"], one["lower"], one["upper"])


def botorch_search(search: Search, ask: Ask, name: str) -> None:
    """The loop of BoTorch's documentation: independent processes and qLogEHVI at the given reference."""
    del name
    import torch

    torch.set_num_threads(1)
    torch.manual_seed(search["seed"])
    names = [one["name"] for one in search["parameters"]]
    reference = -torch.tensor(search["reference"], dtype=torch.double)
    x = torch.quasirandom.SobolEngine(len(names), scramble=True, seed=search["seed"]).draw(INITIAL).double()
    y = torch.tensor([ask(dict(zip(names, row, strict=True))) for row in x.tolist()], dtype=torch.double)
    while True:
        row = _most_promising(x, -y, reference)
        values = ask(dict(zip(names, row[0].tolist(), strict=True)))
        x, y = torch.cat([x, row]), torch.cat([y, torch.tensor([values], dtype=torch.double)])


def _most_promising(x: Any, y: Any, reference: Any) -> Any:
    import torch
    from botorch.acquisition.multi_objective.logei import qLogExpectedHypervolumeImprovement
    from botorch.fit import fit_gpytorch_mll
    from botorch.models import ModelListGP, SingleTaskGP
    from botorch.models.transforms import Standardize
    from botorch.optim import optimize_acqf
    from botorch.sampling.normal import SobolQMCNormalSampler
    from botorch.utils.multi_objective.box_decompositions import FastNondominatedPartitioning
    from gpytorch.mlls import SumMarginalLogLikelihood

    model = ModelListGP(
        *(SingleTaskGP(x, y[:, [j]], outcome_transform=Standardize(1)) for j in range(y.shape[1]))
    )
    fit_gpytorch_mll(SumMarginalLogLikelihood(model.likelihood, model))
    acquisition = qLogExpectedHypervolumeImprovement(
        model,
        reference,
        FastNondominatedPartitioning(reference, y),
        sampler=SobolQMCNormalSampler(torch.Size([DRAWS])),
    )
    bounds = torch.tensor([[0.0], [1.0]]).double().expand(2, x.shape[1])
    found, _ = optimize_acqf(acquisition, bounds, q=1, num_restarts=STARTS, raw_samples=RAW)
    return found.detach()


SEARCHES = {"nsga2": optuna_search, "tpe": optuna_search, "botorch": botorch_search}


def lines() -> Iterator[Any]:
    """What is read, as JSON values."""
    for line in sys.stdin:
        yield json.loads(line)


def main(name: str) -> None:
    """Serve one search, until nothing more is read."""
    warnings.simplefilter("ignore")
    answers = lines()
    search = next(answers)

    def ask(config: dict[str, Any]) -> list[float] | None:
        sys.stdout.write(json.dumps(config) + "\n")
        sys.stdout.flush()
        try:
            values: list[float] | None = next(answers)
        except StopIteration:
            sys.exit(0)
        return values

    SEARCHES[name](search, ask, name)


if __name__ == "__main__":
    main(sys.argv[1])
