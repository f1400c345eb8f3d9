"""Random search: the baseline every other engine has to beat."""

import numpy as np

from search.engine import MOST_OBJECTIVES, Engine
from spaces.configs import Config


class RandomEngine(Engine):
    """Independent draws from the priors of the space, rejected until feasible and new."""

    name = "random"
    most_objectives = MOST_OBJECTIVES

    def _propose(self, number: int, rng: np.random.Generator) -> Config:
        del number
        return self.encoder.decode(self.candidates.random(1, rng)[0])
