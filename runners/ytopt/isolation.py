"""Imports as a problem file expects them, and only while it is loaded or evaluated.

A file for ytopt says `from autotune import TuningProblem`, `from plopper import Plopper` (a neighbour, or a
folder it puts on `sys.path` itself), and several files of one machine have neighbours of one name. So each
problem has a world of its own: stand-ins for `autotune` and the old ConfigSpace, its own import path, its own
modules. Outside of it nothing of that is left.
"""

import sys
import warnings
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from types import ModuleType


class World:
    """Modules and import path of one problem.

    Args:
        standins: name -> module, in place of those of the same name.
        folders: looked into before everything else in `sys.path`.
    """

    def __init__(self, standins: dict[str, ModuleType], folders: Sequence[Path]) -> None:
        self._modules = dict(standins)
        self._folders = [folder.resolve() for folder in folders]
        self._path = [str(folder) for folder in self._folders]

    @contextmanager
    def entered(self) -> Iterator[None]:
        """Be in this world; afterwards all is as before, but for libraries that were imported meanwhile."""
        outside, before = list(sys.path), dict(sys.modules)
        sys.modules.update(self._modules)
        sys.path[:0] = self._path
        try:
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")  # of names that ConfigSpace and NumPy retired since
                yield
        finally:
            self._path = [entry for entry in sys.path if entry not in outside]
            self._leave(before)
            sys.path[:] = outside

    def _leave(self, before: dict[str, ModuleType]) -> None:
        """Keep what belongs to the problem and take it out of `sys.modules`."""
        for name, module in list(sys.modules.items()):
            if name in self._modules or (name not in before and self._is_own(module)):
                self._modules[name] = module
                del sys.modules[name]
                if name in before:
                    sys.modules[name] = before[name]

    def _is_own(self, module: ModuleType) -> bool:
        """Whether a module came from a folder that only this world looks into."""
        file = getattr(module, "__file__", None) or next(iter(getattr(module, "__path__", [])), None)
        if file is None:
            return False
        folders = {*self._folders, *(Path(entry or ".").resolve() for entry in self._path)}
        return not folders.isdisjoint(Path(file).resolve().parents)
