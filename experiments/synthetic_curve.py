"""Loss curves that no one trained: `python -m experiments.synthetic_curve` writes `curves/*.csv`.

Losses are those of the published multi-power law of the 100M model, shifted and scaled a little for each
curve, times lognormal noise. The examples use them where real curves cannot be shipped.
"""

import csv
import io
from pathlib import Path

import numpy as np

from objectives.curves.multi_power import PUBLISHED
from objectives.curves.schedule import Cosine, Schedule, WarmupStableDecay

FOLDER = Path(__file__).parent / "curves"
EVERY = 160
TOKENS_PER_STEP = 500_000
NOISE = 0.0008
SCHEDULES: dict[str, tuple[Schedule, float, float]] = {
    "wsd-beginning": (WarmupStableDecay(3e-4, 24_000.0, 2160.0, 3e-5, 20_000.0), 0.3, 1.01),
    "wsd-finished": (WarmupStableDecay(3e-4, 24_000.0, 2160.0, 3e-5, 20_000.0), 1.0, 1.04),
    "wsd-longer": (WarmupStableDecay(3e-4, 36_000.0, 2160.0, 3e-5, 30_000.0), 1.0, 1.0),
    "cosine-finished": (Cosine(3e-4, 20_000.0, 2160.0, 3e-5), 1.0, 0.995),
}
"""Schedule, the share of it that is over, and a factor on the loss."""


def table(name: str) -> str:
    """A curve as CSV text, always the same."""
    schedule, share, factor = SCHEDULES[name]
    step = np.arange(EVERY, share * schedule.length + 1.0, EVERY)
    random = np.random.default_rng(sorted(SCHEDULES).index(name))
    loss = factor * PUBLISHED["100M"].loss(schedule, step) * np.exp(NOISE * random.standard_normal(len(step)))
    text = io.StringIO()
    rows = csv.writer(text, lineterminator="\n")
    rows.writerow(["step", "tokens", "lr", "loss"])
    for s, rate, value in zip(step, schedule.rate(step), loss, strict=True):
        rows.writerow([f"{s:.0f}", f"{s * TOKENS_PER_STEP:.0f}", f"{rate:.4g}", f"{value:.4f}"])
    return text.getvalue()


def truth() -> float:
    """Where the unfinished curve would end, without noise."""
    schedule, _, factor = SCHEDULES["wsd-beginning"]
    return factor * float(PUBLISHED["100M"].loss(schedule, schedule.length)[0])


if __name__ == "__main__":
    FOLDER.mkdir(exist_ok=True)
    for each in SCHEDULES:
        (FOLDER / f"{each}.csv").write_text(table(each))
