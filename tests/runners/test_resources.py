"""How many trials fit on the nodes of a cluster."""

import pytest

from runners.jobs.resources import Bundle, Resources

NODES = [{"CPU": 8.0, "GPU": 4.0}, {"CPU": 8.0, "GPU": 4.0}, {"CPU": 3.0}]
GPU = Bundle(1.0, 1.0)


@pytest.mark.parametrize(
    ("resources", "fit"),
    [
        (Resources(), 19),
        (Resources((Bundle(2.0),)), 9),
        (Resources((Bundle(0.5),)), 38),
        (Resources((Bundle(1.0, 1.0),)), 8),
        (Resources((Bundle(1.0, 3.0),)), 2),
        (Resources((Bundle(1.0, 0.25),)), 16),
        (Resources((Bundle(1.0, 5.0),)), 0),
        (Resources((Bundle(1.0, 0.0, {"licence": 1.0}),)), 0),
        (Resources((GPU, GPU)), 4),
        (Resources((GPU, GPU, GPU)), 2),
        (Resources((GPU, GPU, GPU), "STRICT_PACK"), 2),
        (Resources((GPU, GPU), "STRICT_SPREAD"), 4),
        (Resources((GPU, GPU, GPU), "STRICT_SPREAD"), 0),
        (Resources((Bundle(1.0, 4.0), Bundle(1.0, 4.0)), "STRICT_PACK"), 0),
    ],
)
def test_trials_fit_as_often_as_every_bundle_finds_its_place(resources: Resources, fit: int) -> None:
    assert resources.fit(NODES) == fit
    assert resources.fit([]) == 0


def test_what_needs_nothing_fits_without_end() -> None:
    assert Resources((Bundle(0.0),)).fit(NODES) >= 100_000


def test_resources_speak_for_themselves() -> None:
    assert str(Resources((GPU, Bundle(0.0, 0.0, {"licence": 1.5})))) == "CPU 1, GPU 1 + licence 1.5"
    assert Resources((Bundle(4.0),)).only_cpus
    assert not Resources((GPU,)).only_cpus
