"""The architecture grid of the Performance Law's first author, as one table of shapes.

Dense decoders as the author's planner enumerates them: three FFN matrices, 8 key-value heads of 128, a
vocabulary of 150,000 with input and output embeddings apart; norms and biases are not counted. Hidden sizes
are multiples of 1024, FFN widths multiples of 4096 that lie an even number of 1024 above the hidden size, and
the layers leave 6 or 7 when divided by 8.
"""

from dataclasses import dataclass, fields

import numpy as np
import numpy.typing as npt

from spaces.errors import BadInput, Mistake

Integers = npt.NDArray[np.int64]

HIDDEN = np.arange(16384, 2047, -1024)
"""From wide to narrow: the author's order, which decides between plans of equal rank."""
FFN_ABOVE = 1024 * np.arange(0, 99, 2)
"""FFN width less hidden size."""
FFN_MULTIPLE = 4096
LAYERS_MODULO, LAYERS_REST = 8, (6, 7)
MOST_LAYERS, MOST_COUNTS = 400, 400
"""Beyond these the table of plans would not fit in memory."""
KV_WIDTH = 8 * 128
VOCABULARY = 150_000
FLOPS_PER_PARAMETER = 6
"""Training FLOPs per parameter and token; attention's own are not counted."""


@dataclass(frozen=True)
class Grid:
    """Which shapes of the grid and how many tokens are considered; the defaults are the author's.

    Raises:
        BadInput: a range that is empty or not positive, a step that is not positive.
    """

    layers: tuple[int, int] = (20, 100)
    """From, and up to but not including."""
    n_total: tuple[float, float] = (10e9, 100e9)
    tokens: tuple[float, float] = (1e12, 20e12)
    """From, and up to but not including."""
    tokens_step: float = 0.5e12

    def __post_init__(self) -> None:
        ranges = {"layers": self.layers, "n_total": self.n_total, "tokens": self.tokens}
        mistakes = [
            Mistake(
                name, "two positive finite numbers, the second not below the first", f"{low:g} to {high:g}"
            )
            for name, (low, high) in ranges.items()
            if not (0 < low <= high < np.inf)
        ]
        if self.layers[1] > MOST_LAYERS:
            mistakes.append(Mistake("layers", f"at most {MOST_LAYERS}", str(self.layers[1])))
        if 0 < self.tokens_step < np.inf and self.tokens[1] / self.tokens_step > MOST_COUNTS:
            expected = f"at most {MOST_COUNTS} steps of {self.tokens_step:g}"
            mistakes.append(Mistake("tokens", expected, f"up to {self.tokens[1]:g}"))
        if not 0 < self.tokens_step < np.inf:
            mistakes.append(Mistake("tokens_step", "a positive number of tokens", f"{self.tokens_step:g}"))
        if mistakes:
            raise BadInput(mistakes)

    def shapes(self) -> "Shapes":
        """Every shape of allowed size: wide before narrow, then FFN width and layers ascending."""
        layers = np.arange(*self.layers)
        layers = layers[np.isin(layers % LAYERS_MODULO, LAYERS_REST)]
        hidden, above, layers = (
            column.ravel() for column in np.meshgrid(HIDDEN, FFN_ABOVE, layers, indexing="ij")
        )
        ffn = hidden + above
        embedding = 2 * VOCABULARY * hidden
        total = (2 * hidden * (hidden + KV_WIDTH) + 3 * hidden * ffn) * layers + embedding
        every = Shapes(layers, hidden, ffn, total, embedding, FLOPS_PER_PARAMETER * total)
        return every.take(ffn % FFN_MULTIPLE == 0).of_size(*self.n_total)

    def token_counts(self) -> npt.NDArray[np.float64]:
        """The token counts, ascending."""
        low, high = self.tokens
        return np.asarray(np.arange(low, high, self.tokens_step))


@dataclass(frozen=True, eq=False)
class Shapes:
    """A table of dense shapes; every column an int64 array of shape (n,)."""

    layers: Integers
    hidden: Integers
    ffn: Integers
    n_total: Integers
    """Stored parameters, as those who made the table count them."""
    n_embedding: Integers
    """Input and output embeddings together."""
    flops_per_token: Integers
    """Training FLOPs."""

    def __len__(self) -> int:
        return len(self.layers)

    def take(self, rows: npt.NDArray[np.bool_] | npt.NDArray[np.intp]) -> "Shapes":
        """The rows of a mask or of indices."""
        return Shapes(*(getattr(self, each.name)[rows] for each in fields(self)))

    def of_size(self, low: float, high: float) -> "Shapes":
        """Those with so many parameters."""
        return self.take((self.n_total >= low) & (self.n_total <= high))
