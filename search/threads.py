"""One thread for linear algebra while an engine thinks.

The matrices of a search are small: several threads only get in each other's way (twice the processor time
for the same wall time, and far worse beside busy workers), and change the last bits of a sum, so that two
machines would ask different things.
"""

import sys
from contextlib import AbstractContextManager
from functools import cache

from threadpoolctl import ThreadpoolController

_LIBRARIES = ("numpy", "scipy.linalg", "sklearn", "torch")
"""Python packages that bring threads of their own; each is limited from the block after its import on."""


def one_thread() -> AbstractContextManager[object]:
    """A block in which BLAS and OpenMP libraries use one thread."""
    limit: AbstractContextManager[object] = _controller(_loaded()).limit(limits=1)
    return limit


def _loaded() -> tuple[str, ...]:
    return tuple(name for name in _LIBRARIES if name in sys.modules)


@cache
def _controller(loaded: tuple[str, ...]) -> ThreadpoolController:
    """The libraries there are once those packages are loaded; looking for them takes milliseconds."""
    del loaded
    return ThreadpoolController()
