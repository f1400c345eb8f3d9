"""A search by the real ytopt, without its two seconds of waiting: its Optimizer, asked and told as AMBS does.

Arguments: problem.py, evaluations, seed; learner, acq_func and liar_strategy as JSON. Prints one JSON object.
"""

import json
import sys
import time
import warnings
from pathlib import Path

from ytopt.evaluator.evaluate import Encoder
from ytopt.search.optimizer import Optimizer
from ytopt.search.util import load_from_file


def main(path: str, evaluations: int, seed: int, flags: dict[str, str]) -> None:
    """Search once, with one worker."""
    warnings.simplefilter("ignore")
    problem = load_from_file(str(Path(path).resolve()), "Problem")
    started, values, used = time.process_time(), [], 0.0
    optimizer = Optimizer(
        num_workers=1, space=problem.input_space, set_KAPPA=1.96, set_SEED=seed, set_NI=10, **flags
    )
    if hasattr(problem.input_space, "seed"):
        problem.input_space.seed(seed)  # AMBS leaves it at the file's own, so that the seed changes little
    (point,) = optimizer.ask_initial(n_points=1)
    for _ in range(evaluations):
        sent = json.loads(json.dumps(point, cls=Encoder))  # as its evaluator does
        began = time.process_time()
        values.append(float(problem.objective(sent)))
        used += time.process_time() - began
        optimizer.tell([(sent, values[-1])])
        ((point,),) = optimizer.ask(n_points=1)
    print(json.dumps({"values": values, "cpu": time.process_time() - started - used}))


if __name__ == "__main__":
    main(sys.argv[1], int(sys.argv[2]), int(sys.argv[3]), json.loads(sys.argv[4]))
