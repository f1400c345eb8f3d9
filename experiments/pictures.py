"""The pictures of `docs/tour`: `python -m experiments.pictures [NAME ...]` draws these again, or all of them.

What a command can draw is drawn by the command's own code; what is drawn here shows a law itself.
"""

import re
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np

from experiments import synthetic_checkpoints, synthetic_models
from objectives import laws
from objectives.budget import make_budget
from objectives.capability.downstream_fit import fit_chain
from objectives.capability.downstream_skills import fit_skills
from objectives.capability.downstream_skills_table import read_benchmarks
from objectives.capability.downstream_table import read_checkpoints
from objectives.capability.front import Against, front
from objectives.capability.planner import feasible_plans
from objectives.curves import annealing, multi_power
from objectives.curves.schedule import Constant, Cosine, Schedule, TwoStep, WarmupStableDecay
from objectives.exact import Box, optima
from objectives.plan import plan
from objectives.recipe import RECIPES
from objectives.recipe.laws import Scale
from runners.documents import forecast_pictures, performance_pictures, pictures, temporal_pictures
from runners.documents.canvas import BLUE, GREEN, GREY, ORANGE, PALE, figure, log, panels, svg, tones
from runners.documents.quantities import count
from runners.requests.forecast_request import ForecastRequest
from runners.requests.temporal_request import TemporalRequest

FOLDER = Path(__file__).resolve().parents[1] / "docs" / "tour" / "pictures"
HERE = Path(__file__).resolve().parent
BUDGET = 1e21
STEPS, PEAK, WARMUP = 24_000.0, 3e-4, 2160.0
"""Of the multi-power law's own runs."""
SCHEDULES: dict[str, Schedule] = {
    "constant": Constant(PEAK, STEPS, WARMUP),
    "cosine": Cosine(PEAK, STEPS, WARMUP, PEAK / 10),
    "wsd, linear": WarmupStableDecay(PEAK, STEPS, WARMUP, PEAK / 10, 20_000.0, "linear"),
    "two steps": TwoStep(PEAK, STEPS, WARMUP, PEAK / 10, 12_000.0),
}
COLOURS = (GREY, BLUE, ORANGE, GREEN)
FORECAST = "wsd:peak=3e-4,end=3e-5,steps=24000,decay=20000,warmup=2160"


def generalised_surface() -> str:
    """Loss over size and sparsity, experts stored at most 50B."""
    law, budget = laws.get("generalized", "moe"), make_budget(flops=BUDGET, max_total_params=5e10)
    box = Box(sparsity=(0.0, 0.98))
    return pictures.loss_surface(law, budget, box, plan(law, budget, box).to_dict())


def generalised_budgets() -> str:
    """The best size and its tokens over seven decades of compute, dense and sparse."""
    flops = np.geomspace(1e19, 1e26, 29)
    drawn, axes = figure("The best model of a budget: generalized (moe)")
    log(axes, "x", lambda value: f"{value:.0e}")
    log(axes, "y", count)
    for sparsity, style in ((0.0, "--"), (0.9, "-")):
        budgets = [make_budget(flops=float(each), sparsity=sparsity) for each in flops]
        best = optima(laws.get("generalized", "moe"), budgets, Box())
        for name, colour in (("n_active", BLUE), ("tokens", ORANGE)):
            values = [each.to_dict()[name] for each in best]
            kind = "dense" if sparsity == 0 else f"sparsity {sparsity:g}"
            axes.plot(flops, values, style, color=colour, label=f"{name.replace('_', ' ')}, {kind}")
    axes.set_xlabel("training FLOPs")
    axes.legend(fontsize=8)
    return svg(drawn)


def performance_front() -> str:
    """MMLU against the cost of serving, of the author's budget and the best part of his grid."""
    budget = make_budget(gpus=1024, days=30, peak_tflops=376, mfu=0.4)
    plans = feasible_plans(laws.get("performance"), budget, min_mmlu=69.0).ordered("balance")
    return performance_pictures.front(front(plans, Against.COST))


def performance_depth() -> str:
    """Predicted MMLU over depth at one size: what the instability discount does."""
    law = laws.get("performance")
    drawn, axes = figure("Predicted MMLU over depth, 2T tokens")
    layers = np.arange(8, 129)
    for hidden, colour in zip((2048, 4096, 8192), tones(3), strict=True):
        size = layers * 16.0 * hidden**2
        mmlu = law.mmlu(layers, hidden, 4 * hidden, 2e12, size)
        axes.plot(layers, mmlu, color=colour, label=f"hidden {hidden}, FFN {4 * hidden}")
    axes.set(xlabel="layers", ylabel="predicted MMLU")
    axes.legend(fontsize=8)
    return svg(drawn)


def chain() -> str:
    """Checkpoints, the sigmoid through them, and the model asked about."""
    table = read_checkpoints(synthetic_checkpoints.FILE)
    fitted, asked = fit_chain(table), (13e9, 5e12)
    loss, accuracy, _ = table.points()
    drawn, axes = figure("From the loss on a task to accuracy")
    axes.plot(loss[::3], accuracy[::3], ".", ms=3, color=GREY, label="checkpoints of 12 runs")
    far = float(fitted.chain.loss(*asked))
    grid = np.linspace(0.9 * far, loss.max(), 200)
    axes.plot(grid, fitted.chain.curve.accuracy(grid), color=BLUE, label="the sigmoid")
    middle = fitted.accuracy(*asked)
    across, up = fitted.loss_interval(*asked), fitted.interval(*asked)
    axes.errorbar(
        *([far], [middle]),
        xerr=[[far - across[0]], [across[1] - far]],
        yerr=[[middle - up[0]], [up[1] - middle]],
        fmt="o",
        color=ORANGE,
        capsize=3,
        label="13B parameters on 5T tokens, 95 %",
    )
    axes.set(xlabel="loss on the task's answers (bits/byte)", ylabel="accuracy")
    axes.legend(fontsize=8)
    return svg(drawn)


def skills() -> str:
    """A benchmark of families over size: starts of their own, one slope."""
    names, table = read_benchmarks(synthetic_models.FILE)
    fitted = fit_skills(table, 2)
    drawn, axes = figure(f"Sloth's form: {names[0]} of families of models")
    log(axes, "x", count)
    sizes = np.geomspace(1e9, 1e11, 60)
    families = table.families[:5]
    for family, colour in zip(families, tones(len(families)), strict=True):
        rows = table.family == family
        tokens = table.tokens[rows].max()
        axes.plot(table.n_total[rows], table.score[rows, 0], "o", ms=4, color=colour)
        axes.plot(sizes, fitted.scores(family, sizes, tokens)[:, 0], color=colour, lw=1, label=family)
    axes.set(xlabel="parameters", ylabel="share of right answers")
    axes.legend(fontsize=8)
    return svg(drawn)


def forecast() -> str:
    """A partial curve, its forecast, and the decay started now."""
    path = HERE / "curves" / "wsd-beginning.csv"
    request = ForecastRequest(path, schedule=FORECAST, what_if="decay-now", decay_end=3e-5)
    return forecast_pictures.curve(request.run())


def schedules() -> str:
    """Four schedules, and the loss two published laws give them."""
    drawn, (left, middle, right) = panels(3)
    time = np.linspace(0, STEPS, 241)
    later = time[time > WARMUP]
    of_laws = (
        (middle, "multi-power law, 100M", multi_power.PUBLISHED["100M"]),
        (right, "annealing law", annealing.PUBLISHED),
    )
    for (name, schedule), colour in zip(SCHEDULES.items(), COLOURS, strict=True):
        left.plot(time, schedule.rate(time), color=colour, label=name)
        for axes, _, law in of_laws:
            axes.plot(later, law.loss(schedule, later), color=colour)
    left.set(title="learning rate", xlabel="steps")
    left.legend(fontsize=8)
    for axes, title, _ in of_laws:
        axes.set(title=f"loss, {title}", xlabel="steps")
    for axes in (left, middle, right):
        axes.xaxis.set_major_formatter(lambda value, _: count(value))
    return svg(drawn)


def recipes() -> str:
    """Learning rate and batch over size, on 20 tokens for each parameter."""
    drawn, (left, right) = panels(2)
    sizes = np.geomspace(1e8, 1e11, 31)
    for kind, colour in zip(RECIPES, (BLUE, ORANGE, GREEN), strict=True):
        law = kind.published()[0]
        scales = [
            Scale(**{x: {"n": n, "tokens": 20 * n, "flops": 120 * n * n}[x] for x in law.takes})
            for n in sizes
        ]
        for axes, ask in ((left, law.learning_rate), (right, law.batch_tokens)):
            axes.plot(sizes, [ask(scale) for scale in scales], color=colour, label=law.family)
        if (ends := [law.intervals(scale) for scale in scales])[0] is not None:
            for axes, which in ((left, 0), (right, 1)):
                low, high = np.array([each[which] for each in ends if each is not None]).T
                axes.fill_between(sizes, low, high, color=PALE, zorder=0)
    for axes, title in ((left, "peak learning rate"), (right, "batch (tokens)")):
        log(axes, "x", count)
        axes.set(title=title, xlabel="parameters", yscale="log")
    left.legend(fontsize=8)
    return svg(drawn)


def temporal_positions() -> str:
    """Loss over positions at a few checkpoints, and the law."""
    record = _temporal()
    curves = record["curves"]
    rows = np.unique(np.geomspace(1, len(curves["indices"]), 48).astype(int)) - 1
    thin = {name: np.array(curves[name])[:, rows].tolist() for name in ("losses", "law")}
    indices = np.array(curves["indices"])[rows].tolist()
    return temporal_pictures.across_positions({**record, "curves": {**curves, **thin, "indices": indices}})


def temporal_coefficients() -> str:
    """How a0, a1 and a2 move, and where they go."""
    return temporal_pictures.coefficients(_temporal())


def _temporal() -> dict[str, Any]:
    table = HERE / "temporal" / "library.csv.gz"
    return TemporalRequest(table, run="w96-wsd", prefix=0.5, like="w64-wsd").answer()


PICTURES: dict[str, Callable[[], str]] = {
    "generalised-surface": generalised_surface,
    "generalised-budgets": generalised_budgets,
    "performance-front": performance_front,
    "performance-depth": performance_depth,
    "chain": chain,
    "skills": skills,
    "forecast": forecast,
    "schedules": schedules,
    "recipes": recipes,
    "temporal-positions": temporal_positions,
    "temporal-coefficients": temporal_coefficients,
}


def small(text: str) -> str:
    """The picture with coordinates to a hundredth of a point, which nobody sees.

    >>> small('<path d="M 12.345678 0.5"/>')
    '<path d="M 12.35 0.5"/>'
    """
    return re.sub(r"-?\d+\.\d{3,}", lambda found: f"{round(float(found[0]), 2):g}", text)


def main(names: list[str]) -> int:
    """Draw the pictures named, or all."""
    unknown = sorted(set(names) - set(PICTURES))
    if unknown:
        sys.stderr.write(f"error: picture: expected one of {', '.join(PICTURES)}, got {', '.join(unknown)}\n")
        return 2
    FOLDER.mkdir(parents=True, exist_ok=True)
    for name in names or PICTURES:
        path = FOLDER / f"{name}.svg"
        path.write_text(small(PICTURES[name]()))
        print(f"{path.name}: {path.stat().st_size / 1000:.0f} kB")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
