"""Fixtures every test may use."""

from pathlib import Path

import pytest

SHARED = Path(__file__).resolve().parents[2] / "shared"


@pytest.fixture(scope="session")
def shared() -> Path:
    """The folder of real data and facts beside the checkout; tests that need it skip by name without it."""
    if not SHARED.is_dir():
        pytest.skip("needs the folder ../shared (real training runs and facts) beside the checkout")
    return SHARED
