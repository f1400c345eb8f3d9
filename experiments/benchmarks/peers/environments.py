"""An environment for each peer, `.venv-peers-NAME` beside our own; `environments.toml` pins what is in it.

The Python is `pythonX.Y` on the path; the variable PEER_PYTHON names another for all of them.
"""

import os
import shutil
import subprocess
import tomllib
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[3]
PINS = Path(__file__).parent / "environments.toml"


@dataclass(frozen=True)
class Environment:
    """What one environment holds."""

    name: str
    python: str = ""
    packages: tuple[str, ...] = ()
    bare: tuple[str, ...] = ()
    """Packages installed after the others, without their dependencies."""
    variable: str = ""
    """Of an environment that is not made here: the variable that names its Python."""
    known_version: str = ""

    @property
    def folder(self) -> Path:
        """Where it lies; git ignores it."""
        return ROOT / f".venv-peers-{self.name}"

    @property
    def interpreter(self) -> Path:
        """Its Python."""
        if self.variable:
            return Path(os.environ.get(self.variable, "missing"))
        return self.folder / "bin" / "python"

    @property
    def version(self) -> str:
        """Of the first package."""
        return self.known_version or self._all[0].partition("==")[2]

    @property
    def installed(self) -> bool:
        """Whether its packages were all installed, in the versions pinned now."""
        if self.variable:
            return self.interpreter.is_file()
        return self._stamp.is_file() and self._stamp.read_text() == "\n".join(self._all)

    @property
    def _all(self) -> tuple[str, ...]:
        return (*self.bare, *self.packages)

    @property
    def _stamp(self) -> Path:
        return self.folder / "installed.txt"

    def install(self) -> None:
        """Make it and install its packages.

        Raises:
            FileNotFoundError: its Python is not here, or the variable does not name one.
            subprocess.CalledProcessError: pip could not install the packages.
        """
        if self.variable:
            raise FileNotFoundError(f"{self.name} is not on PyPI; {self.variable} names a Python that has it")
        given = os.environ.get("PEER_PYTHON", f"python{self.python}")
        python = shutil.which(given)
        if python is None:
            raise FileNotFoundError(f"{self.name} needs {given}; PEER_PYTHON names another Python")
        subprocess.run([python, "-m", "venv", str(self.folder)], check=True)
        pip = [str(self.interpreter), "-m", "pip", "install", "--quiet", "--disable-pip-version-check"]
        subprocess.run([*pip, *self.packages], check=True)
        if self.bare:
            subprocess.run([*pip, "--no-deps", *self.bare], check=True)
        self._stamp.write_text("\n".join(self._all))


@lru_cache(maxsize=1)
def environments() -> dict[str, Environment]:
    """All of them by name."""
    pins = tomllib.loads(PINS.read_text())
    return {name: _environment(name, pin) for name, pin in pins.items()}


def _environment(name: str, pin: dict[str, Any]) -> Environment:
    lists = {key: tuple(pin.get(key, ())) for key in ("packages", "bare")}
    return Environment(
        name,
        python=pin.get("python", ""),
        variable=pin.get("variable", ""),
        known_version=pin.get("version", ""),
        **lists,
    )


def python_of(name: str) -> Path:
    """The interpreter of an environment."""
    return environments()[name].interpreter
