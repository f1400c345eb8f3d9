"""The wheel holds the four packages and nothing else, and their names belong to this distribution alone."""

import importlib.metadata
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
PACKAGES = {"spaces", "objectives", "search", "runners"}


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> zipfile.ZipFile:
    folder = tmp_path_factory.mktemp("wheel")
    subprocess.run(
        [sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", str(folder)],
        cwd=ROOT, check=True, capture_output=True,
    )  # fmt: skip
    return zipfile.ZipFile(next(folder.glob("*.whl")))


def test_the_wheel_holds_the_four_packages_and_nothing_else(wheel: zipfile.ZipFile) -> None:
    tops = {name.split("/")[0] for name in wheel.namelist()}
    assert {top for top in tops if not top.endswith(".dist-info")} == PACKAGES


@pytest.mark.parametrize("kind", ["*.py", "*.j2"])
def test_the_wheel_holds_every_module_and_template(wheel: zipfile.ZipFile, kind: str) -> None:
    here = {str(path.relative_to(ROOT)) for package in PACKAGES for path in (ROOT / package).rglob(kind)}
    assert here
    assert here <= set(wheel.namelist())


@pytest.mark.parametrize("package", sorted(PACKAGES))
def test_a_package_name_belongs_to_this_distribution_alone(package: str) -> None:
    owners = importlib.metadata.packages_distributions().get(package)
    # An editable install lists no files, so the name may have no owner; it must have no other one.
    assert set(owners or ["scalesearch"]) == {"scalesearch"}


def test_versions_agree() -> None:
    assert f"## {importlib.metadata.version('scalesearch')}" in (ROOT / "CHANGELOG.md").read_text()
