"""The picture of a forecast: what was measured, where it goes, and what an earlier forecast said."""

from collections.abc import Mapping
from typing import Any

from runners.documents.canvas import BLUE, GREEN, GREY, ORANGE, PALE, figure, svg
from runners.documents.quantities import count

Record = Mapping[str, Any]


def curve(record: Record) -> str:
    """Losses, the forecast with its interval, the plan asked about, and the band of the alarm."""
    about = record["curve"]
    drawn, axes = figure(f"{about['name']}: forecast from {about['share']:.0%} of the {about['unit']}")
    watched, asked, path = record["watch"], record["what_if"], record["path"]
    if watched is not None:
        axes.fill_between(
            watched["time"],
            watched["low"],
            watched["high"],
            color=PALE,
            lw=0,
            label="interval forecast earlier",
        )
    axes.fill_between(path["time"], path["low"], path["high"], color=BLUE, alpha=0.18, lw=0)
    axes.plot(path["time"], path["loss"], color=BLUE, lw=1.5, label="forecast")
    if asked is not None:
        axes.plot(
            asked["path"]["time"],
            asked["path"]["loss"],
            color=GREEN,
            lw=1.5,
            label="if the decay started now",
        )
    axes.plot(record["measured"]["time"], record["measured"]["loss"], ".", color=GREY, ms=4, label="measured")
    if watched is not None and watched["alarm"]:
        axes.plot(watched["time"][-1:], watched["loss"][-1:], "o", color=ORANGE, label="alarm")
    axes.xaxis.set_major_formatter(lambda value, _: count(value))
    axes.set(xlabel=about["unit"], ylabel="loss (nats/token)")
    axes.legend(loc="best", fontsize=8)
    return svg(drawn)
