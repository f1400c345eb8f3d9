"""A training for `fidelity.yaml`: with fewer tokens its loss is higher and its best recipe a little aside."""

import math


def train(config: dict[str, float]) -> float:
    """The loss after so many tokens: a reducible part, and what a recipe off the best one costs."""
    decades = math.log10(config["tokens"] / 2e10)
    rate = math.log10(config["rate"] / 1e-3) - 0.1 * decades
    batch = math.log2(config["batch"] / 2**19) - 0.3 * decades
    decay = math.log10(config["decay"] / 0.05) + rate
    warmup = 3.0 * (config["warmup"] - 0.1)
    off = 4.0 * rate**2 + 0.2 * batch**2 + 0.5 * rate * batch + decay**2 + warmup**2
    return 1.7 + 0.5 * 10 ** (-0.28 * decades) + 0.1 * math.log1p(off)
