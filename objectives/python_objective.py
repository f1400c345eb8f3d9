"""A function of the user's as the objective: `package.module:function` or `path/to/file.py:function`."""

import importlib
import importlib.util
import inspect
import sys
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import lru_cache
from hashlib import sha256
from pathlib import Path
from types import ModuleType
from typing import Any

from objectives.objective import Metrics
from objectives.reading import as_metrics
from objectives.reporting import Reporter, ReportingObjective
from spaces.configs import Value
from spaces.errors import BadInput


@dataclass(frozen=True)
class PythonObjective(ReportingObjective):
    """Calls `target` with the configuration as a dictionary.

    The function returns the minimised number, or a dictionary of numbers that holds `returns`. It gets the
    trial's seed where it takes an argument `seed`, and where it takes `report` a function to call with a step
    and the value there, see `objectives.reporting`. Whatever it raises fails the trial.
    """

    target: str
    folder: Path = Path()
    """Where a relative file path starts: the folder of the job file."""
    returns: str = "value"

    @property
    def metric(self) -> str:
        """Name of the minimised number."""
        return self.returns

    @property
    def reports(self) -> bool:
        """Whether the function takes an argument `report`."""
        return "report" in inspect.signature(load(self.target, self.folder)).parameters

    def run(self, config: Mapping[str, Value], *, seed: int, report: Reporter) -> Metrics:
        """Call the function once."""
        function = load(self.target, self.folder)
        taken = inspect.signature(function).parameters
        extra = {name: given for name, given in (("seed", seed), ("report", report)) if name in taken}
        return as_metrics(function(dict(config), **extra), self.returns)


@lru_cache(maxsize=32)
def load(target: str, folder: Path) -> Callable[..., Any]:
    """The function named by `target`.

    Raises:
        BadInput: the module or file cannot be imported, or has no such function.
    """
    place, colon, name = target.rpartition(":")
    if not colon or not place or not name:
        raise BadInput.of("objective.target", "module:function or file.py:function", target)
    try:
        module = _file_module(folder / place) if place.endswith(".py") else importlib.import_module(place)
    except (Exception, SystemExit) as error:  # whatever the user's module raises while it is imported
        raise BadInput.of(
            "objective.target", f"an importable {place}", f"{type(error).__name__}: {error}"
        ) from error
    function: Callable[..., Any] | None = getattr(module, name, None)
    if not callable(function):
        raise BadInput.of("objective.target", f"a function of {place}", name)
    return function


def _file_module(path: Path) -> ModuleType:
    """Import a file by its path, with its own folder importable as Python does for a script."""
    name = f"{path.stem}_{sha256(str(path.resolve()).encode()).hexdigest()[:8]}"  # no file shadows a library
    spec = importlib.util.spec_from_file_location(name, path)
    if spec is None or spec.loader is None or not path.is_file():
        raise FileNotFoundError(f"no such file: {path.name}")
    module = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = module  # dataclasses and pickle look their module up there
    sys.path.insert(0, str(path.parent.resolve()))
    try:
        spec.loader.exec_module(module)
    except BaseException:
        del sys.modules[spec.name]
        raise
    finally:
        sys.path.remove(str(path.parent.resolve()))
    return module
