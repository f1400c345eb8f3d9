"""One thread for linear algebra while an engine thinks.

The matrices of a search are small: several threads only get in each other's way (twice the processor time
for the same wall time, and far worse beside busy workers), and change the last bits of a sum, so that two
machines would ask different things.
"""

from contextlib import AbstractContextManager
from functools import cache

from threadpoolctl import ThreadpoolController


def one_thread() -> AbstractContextManager[object]:
    """A block in which BLAS and OpenMP libraries use one thread."""
    limit: AbstractContextManager[object] = _controller().limit(limits=1)
    return limit


@cache
def _controller() -> ThreadpoolController:
    """The libraries loaded when an engine is first asked; looking for them takes milliseconds."""
    return ThreadpoolController()
