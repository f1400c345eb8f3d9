"""Write the tables of every benchmark: `python -m experiments.benchmarks [NAME ...]`; without names, all."""

import importlib
import platform
import sys
from pathlib import Path

from runners.documents.rendering import to_markdown

HERE = Path(__file__).parent
NAMES = sorted(path.stem for path in HERE.glob("*.py") if "\ndef sections(" in path.read_text())


def main(names: list[str]) -> int:
    """Run the benchmarks named, in order, and print their tables as Markdown."""
    unknown = sorted(set(names) - set(NAMES))
    if unknown:
        sys.stderr.write(f"error: benchmark: expected one of {', '.join(NAMES)}, got {', '.join(unknown)}\n")
        return 2
    print(f"{platform.machine()}, Python {platform.python_version()}\n")
    for name in names or NAMES:
        print(to_markdown(importlib.import_module(f"experiments.benchmarks.{name}").sections()))
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
