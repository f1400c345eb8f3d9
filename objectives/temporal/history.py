"""The losses of one training run at every position of the context, checkpoint by checkpoint."""

from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt

from objectives.laws.law import Array


@dataclass(frozen=True, eq=False)
class History:
    """T checkpoints of one training run, measured at n positions on the same text."""

    run: str
    tokens: Array
    """Trained tokens, increasing; shape (T,)."""
    positions: Array
    """Whole numbers, one after the other; shape (n,)."""
    losses: Array
    """Nats per token, shape (T, n)."""
    rate: Array | None = None
    """Learning rate at each checkpoint, shape (T,); None where the table has none."""
    source: str = ""
    digest: str = ""

    @property
    def mean(self) -> Array:
        """The mean loss over positions, what is usually called the loss; shape (T,)."""
        return np.asarray(self.losses.mean(axis=1))

    @property
    def decay(self) -> Array | None:
        """How far the learning rate has come down from its peak, in [0, 1]; 0 while it still warms up."""
        if self.rate is None:
            return None
        peak = int(np.argmax(self.rate))
        return np.where(np.arange(len(self.rate)) < peak, 0.0, 1.0 - self.rate / self.rate[peak])

    def until(self, tokens: float) -> "History":
        """The checkpoints up to so many tokens."""
        return self.take(self.tokens <= tokens * (1 + 1e-9))

    def take(self, rows: npt.NDArray[np.bool_]) -> "History":
        """Some of the checkpoints."""
        rate = None if self.rate is None else self.rate[rows]
        return replace(self, tokens=self.tokens[rows], losses=self.losses[rows], rate=rate)
