"""BoTorch: the loop of its documentation, a `SingleTaskGP` and log expected improvement.

The known constraint is honoured among the starts and by keeping the best legal point of each ascent. Other
kinds of parameters than floats and integers are one-hot or rounded, as its users do.
"""

from __future__ import annotations

import warnings
from typing import Any

import numpy as np
import torch
from botorch.acquisition import LogExpectedImprovement
from botorch.exceptions import CandidateGenerationError
from botorch.fit import fit_gpytorch_mll
from botorch.models import SingleTaskGP
from botorch.models.transforms import Standardize
from botorch.optim import optimize_acqf
from gpytorch.mlls import ExactMarginalLogLikelihood

from experiments.benchmarks.peers.inside.task import Config, Peer, Task
from experiments.benchmarks.peers.inside.unit_cube import Cube

INITIAL = 10
RAW, STARTS = 512, 4


class BotorchPeer(Peer):
    """Ten points of a Sobol sequence, then one ascent of the acquisition for each evaluation."""

    knows_constraint = True

    def __init__(self, task: Task) -> None:
        super().__init__(task)
        warnings.simplefilter("ignore")
        torch.set_num_threads(1)
        torch.manual_seed(task.seed)
        self._cube = Cube(task)
        self._rng = np.random.default_rng(task.seed)
        self._rows: list[Any] = []
        self._values: list[float] = []

    def ask(self) -> tuple[Any, Config]:
        """A random legal point at first, then the best of the acquisition."""
        row = self._cube.random(1, self._rng)[0] if len(self._values) < INITIAL else self._best()
        return row, self._cube.config(row)

    def tell(self, handle: Any, value: float) -> None:
        """One value, for the row it was asked for."""
        self._rows.append(self._cube.snapped(handle))
        self._values.append(value)

    def _best(self) -> Any:
        x = torch.tensor(np.array(self._rows), dtype=torch.double)
        y = -torch.tensor(self._values, dtype=torch.double).unsqueeze(-1)
        model = SingleTaskGP(x, y, outcome_transform=Standardize(1))
        fit_gpytorch_mll(ExactMarginalLogLikelihood(model.likelihood, model))
        acquisition = LogExpectedImprovement(model, best_f=y.max())
        raw = torch.tensor(self._cube.random(RAW, self._rng)).unsqueeze(1)
        with torch.no_grad():
            start = raw[acquisition(raw).topk(STARTS).indices]
        rows = torch.cat([self._ascent(acquisition, start), start])
        legal = torch.tensor(self._cube.legal(rows[:, 0].detach().numpy()))
        with torch.no_grad():
            worth = acquisition(rows).masked_fill(~legal, -torch.inf)
        return rows[worth.argmax(), 0].detach().numpy()

    def _ascent(self, acquisition: Any, start: Any) -> Any:
        """Where the ascents end; none of them where BoTorch finds every end illegal."""
        try:
            found, _ = optimize_acqf(
                acquisition,
                torch.tensor([[0.0], [1.0]]).double().expand(2, self._cube.dimension),
                q=1,
                num_restarts=len(start),
                batch_initial_conditions=start,
                return_best_only=False,
                **self._barrier(),
            )
        except CandidateGenerationError:
            return start
        return found

    def _barrier(self) -> Any:
        """The constraint for the ascent, as a differentiable function by finite differences."""
        if self.task.excess is None or not self._cube.continuous:
            return {}
        cube = self._cube

        class Room(torch.autograd.Function):  # type: ignore[misc]
            @staticmethod
            def forward(context: Any, x: Any) -> Any:
                row = x.detach().numpy()
                near = np.vstack([row, row + 1e-6 * np.eye(len(row))])
                excess = np.array(cube.excess(near))
                context.save_for_backward(torch.tensor((excess[1:] - excess[0]) / 1e-6))
                return torch.tensor(-excess[0])

            @staticmethod
            def backward(context: Any, grad: Any) -> Any:
                return -grad * context.saved_tensors[0]

        return {
            "nonlinear_inequality_constraints": [(lambda x: Room.apply(x), True)],
            "options": {"batch_limit": 1},
        }


def make(task: Task) -> Peer:
    """The loop."""
    return BotorchPeer(task)
