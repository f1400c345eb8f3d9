"""One direction of imports: spaces <- objectives, spaces <- search, and runners above all three."""

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
ALLOWED = {
    "spaces": set(),
    "objectives": {"spaces"},
    "search": {"spaces"},
    "runners": {"spaces", "objectives", "search"},
}
# A library here is imported by these files and by no other.
HOMES = {
    "ray": {"runners/backends/ray_backend.py"},
    "matplotlib": {"runners/documents/canvas.py"},
    "jinja2": {"runners/cluster.py", "runners/documents/page.py"},
    "skopt": {
        "runners/ytopt/autotune.py",
        "search/engines/skopt_design.py",
        "search/engines/skopt_model.py",
        "search/engines/ytopt_engine.py",
    },
}


def imported(path: Path) -> Iterator[str]:
    """Every module a file imports, wherever the import stands."""
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            base = "." * node.level + (node.module or "")
            yield base
            yield from (f"{base}.{alias.name}" for alias in node.names)  # a name may be a module


def modules() -> list[Path]:
    return [path for package in ALLOWED for path in sorted((ROOT / package).rglob("*.py"))]


def test_the_check_sees_the_whole_project() -> None:
    assert len(modules()) >= 40


@pytest.mark.parametrize("package", ALLOWED)
def test_a_package_imports_only_what_lies_below_it(package: str) -> None:
    offences = [
        f"{path.relative_to(ROOT)} imports {name}"
        for path in sorted((ROOT / package).rglob("*.py"))
        for name in imported(path)
        if name.split(".")[0] in (set(ALLOWED) | {"experiments", "tests"}) - {package} - ALLOWED[package]
    ]
    assert offences == []


def test_imports_are_absolute() -> None:
    offences = [str(path) for path in modules() for name in imported(path) if name.startswith(".")]
    assert offences == []


@pytest.mark.parametrize("library", HOMES)
def test_a_heavy_library_has_one_home(library: str) -> None:
    users = {
        str(path.relative_to(ROOT))
        for path in modules()
        for name in imported(path)
        if name.split(".")[0] == library
    }
    assert users == HOMES[library]


def test_no_module_imports_in_a_circle() -> None:
    names = {path: ".".join(path.relative_to(ROOT).with_suffix("").parts) for path in modules()}
    graph = {
        names[path].removesuffix(".__init__"): {name for name in imported(path) if not name.startswith(".")}
        for path in modules()
    }
    done: set[str] = set()

    def visit(module: str, above: tuple[str, ...]) -> None:
        assert module not in above, " -> ".join((*above, module))
        if module in done or module not in graph:
            return
        for name in graph[module]:
            visit(name, (*above, module))
        done.add(module)

    for module in graph:
        visit(module, ())


def test_no_file_takes_the_name_of_a_library() -> None:
    taken = {path.stem for path in modules()} & {"random", "ray", "skopt", "json", "types", "typing", "copy"}
    assert taken == set()
