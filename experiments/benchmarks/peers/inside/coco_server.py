"""Values of BBOB functions, a line of JSON in and a number out; runs where `coco-experiment` is installed."""

import json
import sys
from functools import cache
from typing import Any

import cocoex


@cache
def problem(function: int, dimension: int, instance: int) -> Any:
    """One instance, its best value known to COCO."""
    return cocoex.BareProblem("bbob", function, dimension, instance)


def main() -> None:
    """Answer until the input ends."""
    for line in sys.stdin:
        message = json.loads(line)
        one = problem(*message["problem"])
        answer = one(message["x"]) if "x" in message else one.best_value()
        print(float(answer), flush=True)


if __name__ == "__main__":
    main()
