"""A mixed conditional space of eight parameters, shaped like a training recipe; its optimum is 0."""

import math
from typing import Any

from ConfigSpace import Categorical, ConfigurationSpace, EqualsCondition, Float, InCondition, Integer

from experiments.benchmarks.problems import Problem

OFFSET = {"adamw": 0.0, "sgd": 0.15, "lion": 0.05}
"""What the best of each optimiser lies above the best of all."""
RATE = {"adamw": -3.0, "sgd": -1.0, "lion": -3.7}
"""log10 of the best learning rate of each."""


def recipe() -> Problem:
    """Optimiser, learning rate, momentum (SGD), beta2 (the others), layers, width, norm, warm-up."""
    return Problem("recipe (mixed, conditional)", recipe_space, recipe_value, 0.0)


def recipe_space() -> ConfigurationSpace:
    """Eight parameters; two of them belong to some optimisers only."""
    space = ConfigurationSpace()
    kind = Categorical("optimizer", ["adamw", "sgd", "lion"])
    momentum = Float("momentum", (0.0, 0.99))
    beta2 = Float("one_minus_beta2", (1e-4, 0.2), log=True)
    space.add(
        kind,
        momentum,
        beta2,
        Float("lr", (1e-5, 1.0), log=True),
        Integer("layers", (2, 64), log=True),
        Integer("width", (64, 8192), log=True),
        Categorical("norm", ["pre", "post", "none"]),
        Float("warmup", (0.0, 0.5)),
    )
    space.add(EqualsCondition(momentum, kind, "sgd"), InCondition(beta2, kind, ["adamw", "lion"]))
    return space


def recipe_value(c: dict[str, Any]) -> float:
    """A bowl for each optimiser; layers and width pull on one another; without a norm, rates are lower."""
    kind, norm = c["optimizer"], c["norm"]
    layers, width = math.log2(c["layers"]) - 4, math.log2(c["width"]) - 10
    rate = math.log10(c["lr"]) - RATE[kind] + (0.5 if norm == "none" else 0.0)
    value = OFFSET[kind] + {"pre": 0.0, "post": 0.03, "none": 0.1}[norm]
    value += 0.2 * rate**2 + 0.05 * (layers**2 + width**2 + layers * width) + (c["warmup"] - 0.1) ** 2
    if kind == "sgd":
        return float(value + (c["momentum"] - 0.9) ** 2)
    return float(value + 0.1 * (math.log10(c["one_minus_beta2"]) + 2) ** 2)
