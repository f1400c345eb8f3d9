"""Find and load a problem: `problem.py`, `problem.py:Problem`, or ytopt's `package.problem.Problem`."""

import importlib
import importlib.util
import sys
from collections.abc import Callable, Mapping
from contextlib import redirect_stdout
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from types import ModuleType
from typing import Any

from ConfigSpace import ConfigurationSpace

from runners.ytopt import old_configspace
from runners.ytopt.isolation import World
from runners.ytopt.points import Points, default_of, space_of
from spaces.configs import Config, Value
from spaces.errors import BadInput

ATTRIBUTE = "Problem"
"""What ytopt looks for in a file."""

FIELD = "objective.problem"


@dataclass(frozen=True, eq=False)
class LoadedProblem:
    """A problem, ready to be asked."""

    space: ConfigurationSpace
    points: Points
    default: Config | None
    """What is evaluated first, if the problem says so."""
    notes: tuple[str, ...]
    _objective: Callable[[dict[str, Any]], Any]
    _world: World

    def evaluate(self, config: Mapping[str, Value]) -> Any:
        """What the file's objective returns for a configuration, in the world the file was loaded in."""
        with self._world.entered():
            return self._objective(self.points.of(config))


@dataclass(frozen=True)
class Place:
    """Where a problem stands."""

    file: Path
    attribute: str

    @property
    def package(self) -> list[str]:
        """Names of the packages around the file, outermost first; empty for a file that stands alone."""
        names: list[str] = []
        folder = self.file.parent
        while (folder / "__init__.py").is_file() and folder.name.isidentifier():
            names.insert(0, folder.name)
            folder = folder.parent
        return names

    @property
    def folders(self) -> list[Path]:
        """What the file may import from: its own folder, that of its package, and of a ytopt around it."""
        outermost = self.file.parents[len(self.package)]
        around = [parent for parent in self.file.parents if (parent / "ytopt" / "__init__.py").is_file()]
        return list(dict.fromkeys([self.file.parent, outermost, *around[:1]]))


def find(target: str, folder: Path) -> Place:
    """Where the problem named by `target` stands, without running anything.

    Args:
        target: a Python file, with or without `:attribute`; or a dotted path of modules and the attribute.
        folder: where a relative path and a dotted path start.

    Raises:
        BadInput: there is no such file.
    """
    file, colon, attribute = target.rpartition(":")
    if not colon:
        file, attribute = target, ATTRIBUTE
    if file.endswith(".py"):
        place = Place((folder / file).resolve(), attribute)
    else:
        module, dot, last = target.replace(":", ".").rpartition(".")
        place = _dotted(module if dot else target, last if dot else ATTRIBUTE, folder)
    if not place.file.is_file():
        raise BadInput.of(FIELD, "a file, such as problem.py or problem.py:Problem", target)
    return place


def _dotted(module: str, attribute: str, folder: Path) -> Place:
    """A dotted path, looked up from `folder`, and then among what is installed."""
    here = (folder / Path(*module.split("."))).with_suffix(".py").resolve()
    if here.is_file():
        return Place(here, attribute)
    try:
        found = importlib.util.find_spec(module)
    except (ImportError, ValueError, AttributeError):
        found = None
    return Place(Path(found.origin if found and found.origin else here), attribute)


@lru_cache(maxsize=32)
def load(target: str, folder: Path) -> LoadedProblem:
    """The problem named by `target` (see `find`); a file is run once in a process.

    Raises:
        BadInput: there is no such file, it cannot be imported, or what it holds is no problem.
    """
    from runners.ytopt import autotune  # half a second to import

    place = find(target, folder)
    world = World(old_configspace.modules() | autotune.modules(), place.folders)
    with world.entered(), redirect_stdout(sys.stderr):  # stdout is for the answer
        problem = getattr(_imported(place), place.attribute, None)
        objective, input_space = getattr(problem, "objective", None), getattr(problem, "input_space", None)
        if input_space is None or not callable(objective):
            what = "nothing of this name" if problem is None else type(problem).__name__
            expected = f"a TuningProblem called {place.attribute} with an input_space and an objective"
            raise BadInput.of(FIELD, expected, f"{what} in {place.file.name}")
        space, points = space_of(input_space)
        default = default_of(input_space)
    return LoadedProblem(space, points, default, _notes(problem), objective, world)


def _imported(place: Place) -> ModuleType:
    """The module of the file, under the name it would have where it stands."""
    name = ".".join([*place.package, place.file.stem])
    try:
        if place.package:
            return importlib.import_module(name)
        spec = importlib.util.spec_from_file_location(name, place.file)
        assert spec is not None  # for a name that ends in .py
        assert spec.loader is not None
        module = sys.modules[name] = importlib.util.module_from_spec(spec)
        spec.loader.exec_module(module)
    except (Exception, SystemExit) as error:  # whatever the file raises while it is imported
        got = f"{type(error).__name__}: {error}"
        raise BadInput.of(FIELD, f"an importable {place.file.name}", got) from error
    return module


def _notes(problem: Any) -> tuple[str, ...]:
    """What a report must say of a problem."""
    if getattr(problem, "constraints", None) is None:
        return ()
    return ("the problem states constraints; as in ytopt, nothing is done with them",)
