"""The report of a forecast as a document: the answer, the alarm, what else was asked, then the evidence."""

from collections.abc import Iterator, Mapping
from typing import Any

from runners.documents.document import Document, Section, Table
from runners.documents.quantities import count, number, percent

Record = Mapping[str, Any]


def document(record: Record, *, pictures: bool = False) -> Document:
    """The document of a forecast, as `ForecastRequest.run` records it; Markdown does not show pictures."""
    drawn: list[Section] = []
    if pictures:
        from runners.documents.forecast_pictures import curve

        drawn = [Section("The curve and its forecast", picture=curve(record))]
    return [
        _title(record),
        *drawn,
        *_alarm(record),
        *_what_if(record),
        _forms(record),
        _coefficients(record),
        Section(
            "What is assumed", table=Table.of(("assumption",), [(each,) for each in record["assumptions"]])
        ),
    ]


def _title(record: Record) -> Section:
    about = record["curve"]
    title = f"Final loss of {about['name']}: {_loss(record['forecast'])}"
    text = (
        f"Measured: {about['rows']} rows to {_time(about['now'], about)}, {percent(about['share'])} of "
        f"{_time(about['length'], about)}; the loss is {about['loss']:.4f} there.",
        f"Forecast at the end: {_loss(record['forecast'])}. Schedule: {_schedule(record['schedule'])}.",
        f"Chosen: {_chosen(record)}, by {record['chosen_by']}.",
    )
    return Section(title, text, level=1)


def _alarm(record: Record) -> Iterator[Section]:
    watched = record["watch"]
    if watched is None:
        return
    about = record["curve"]
    origin = _time(watched["origin"], about)
    since = f"A forecast made at {origin} is held against the {watched['means']} means since."
    if watched["alarm"]:
        yield Section("ALARM: reality has left the interval", (since, watched["alarm"] + "."))
    else:
        outside = (
            f"{watched['outside']} of them lie outside its interval"
            if watched["outside"]
            else "all lie inside"
        )
        yield Section("No alarm", (f"{since} The last lies inside; {outside}.",))


def _what_if(record: Record) -> Iterator[Section]:
    asked = record["what_if"]
    if asked is None:
        return
    about = record["curve"]
    rows = [
        ("as planned", _time(about["length"], about), _loss(asked["as_planned"])),
        (
            f"decay now ({asked['shape']} to {asked['end']:g})",
            _time(asked["length"], about),
            _loss(asked["forecast"]),
        ),
    ]
    text = (
        f"Both by the laws of the schedule. The decay would last {percent(asked['share'])} of the planned "
        f"training and save {percent(asked['saved'])} of it.",
    )
    yield Section("If the decay started now", text, Table.of(("plan", "end of training", "final loss"), rows))


def _forms(record: Record) -> Section:
    rows = [
        (
            each["name"],
            f"{each['loss']:.4f}",
            "{:.4f} to {:.4f}".format(*each["interval"]),
            "" if each["held_out"] is None else f"{each['held_out']:.2%}",
            _weight(each),
            each["equation"],
        )
        for each in record["forms"]
    ]
    columns = ("forecaster", "final loss", "interval", "held-out error", "weight", "form")
    return Section("What each form says", table=Table.of(columns, rows))


def _weight(form: Record) -> str:
    if form["weight"] > 0.001:
        return percent(form["weight"])
    return "" if form["eligible"] else "does not know the schedule"


def _coefficients(record: Record) -> Section:
    rows = [
        (each["name"], ", ".join(f"{name} = {number(value)}" for name, value in each["coefficients"].items()))
        for each in record["forms"]
    ]
    text = f"Rates as given, time in {record['curve']['unit']}."
    return Section("Coefficients", (text,), Table.of(("form", "coefficients"), rows))


def _loss(ends: Record) -> str:
    low, high = ends["interval"]
    return f"{ends['loss']:.4f} ({percent(ends['level'])}: {low:.4f} to {high:.4f})"


def _time(value: float, about: Record) -> str:
    """A time in its unit, and as tokens where the table tells."""
    per = about["tokens_per_step"]
    if about["unit"] == "tokens":
        return f"{count(value)} tokens"
    return f"{value:,.0f} steps" + (f" ({count(per * value)} tokens)" if per else "")


def _schedule(schedule: Record | None) -> str:
    if schedule is None:
        return "unknown"
    shown = [
        f"{name} {value if isinstance(value, str) else f'{value:g}'}"
        for name, value in schedule.items()
        if name not in ("kind", "base")
    ]
    return f"{schedule['kind']} ({', '.join(shown)})"


def _chosen(record: Record) -> str:
    return ", ".join(
        f"{name} ({percent(weight)})" for name, weight in record["chosen"].items() if weight > 0.01
    )
