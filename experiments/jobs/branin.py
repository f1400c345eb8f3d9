"""Branin's function; its minimum, 0.397887, is reached at three points."""

import math


def branin(config: dict[str, float]) -> float:
    """The value at x in [-5, 10], y in [0, 15]."""
    x, y = config["x"], config["y"]
    valley = y - 5.1 / (4 * math.pi**2) * x**2 + 5 / math.pi * x - 6
    return valley**2 + 10 * (1 - 1 / (8 * math.pi)) * math.cos(x) + 10
