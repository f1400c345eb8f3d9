"""Timing on noisy machines: alternate the contestants, keep the best of several rounds, report ratios."""

import time
from collections.abc import Callable, Mapping


def best_seconds(calls: Mapping[str, Callable[[], object]], rounds: int = 5) -> dict[str, float]:
    """Least wall seconds of each call over `rounds`, taken in turns so that a slow spell hits all alike."""
    best = dict.fromkeys(calls, float("inf"))
    for _ in range(rounds):
        for name, call in calls.items():
            start = time.perf_counter()
            call()
            best[name] = min(best[name], time.perf_counter() - start)
    return best


def median(values: list[float]) -> float:
    """The middle value."""
    ordered = sorted(values)
    return ordered[len(ordered) // 2]
