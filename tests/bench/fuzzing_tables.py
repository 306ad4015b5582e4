"""What `nox -s bench -- fuzzing` prints: rates beside the better stock's, and what answers are."""

from typing import Any, Final

from rich.table import Table

from apiproof.reporting import Chart, Series, StepResult, step_result
from apiproof.reporting.terminal import console

OWN_LENGTH: Final = "as the project has set it"
LONGER: Final = "a longer run"
CLASSES: Final = ("2xx", "4xx", "5xx")

Mix = dict[str, float]  # the share of answers by class of status
Rates = dict[str, dict[str, float]]  # medians by what they are, of each kind


def further(short: Rates, long: Rates) -> Rates:
    """What the cases cost that a longer run has more than a short one."""
    found: Rates = {}
    for name, after in long.items():
        more = {
            what: after[what] - short[name][what] for what in ("cases", "seconds", "cpu_seconds")
        }
        if min(more.values()) <= 0:
            continue  # an operation of few values has no further cases
        rate = round(more["cases"] / more["seconds"], 1)
        cpu = round(1000 * more["cpu_seconds"] / more["cases"], 2)
        found[name] = {**more, "cases_per_second": rate, "cpu_ms_per_case": cpu}
    return found


def _best(rates: Rates, what: str, choose: Any) -> float:
    """What the better of the stock ones has; nothing is compared where there is none."""
    stock = [each[what] for name, each in rates.items() if name.startswith("stock")]
    return float(choose(stock)) if stock else float("nan")


def tell(title: str, rates: Rates) -> None:
    """Print them beside the better of the stock ones."""
    table = Table(title=title)
    columns = ("", "cases", "seconds", "cases/s", "of stock", "CPU ms a case", "of stock")
    for column in columns:
        table.add_column(column, justify="right" if column else "left")
    rate = _best(rates, "cases_per_second", max)
    cost = _best(rates, "cpu_ms_per_case", min)
    for name, each in rates.items():
        table.add_row(
            name,
            f"{each['cases']:.0f}",
            f"{each['seconds']:.1f}",
            f"{each['cases_per_second']:.1f}",
            f"{each['cases_per_second'] / rate:.2f} x",
            f"{each['cpu_ms_per_case']:.1f}",
            f"{each['cpu_ms_per_case'] / cost:.2f} x",
        )
    console.print(table)


def tell_answers(mixes: dict[str, Mix]) -> None:
    """Print the shares of answers by class of status."""
    shares = Table("", *CLASSES, title="What the answers are")
    for name, mix in mixes.items():
        shares.add_row(name, *(f"{share:.0%}" for share in mix.values()))
    console.print(shares)


def as_step(found: dict[str, Rates]) -> StepResult:
    """The rates as a step of the report."""

    def chart(what: str, title: str, unit: str) -> Chart:
        series = tuple(
            Series(length, tuple((name, each[what]) for name, each in rates.items()))
            for length, rates in found.items()
        )
        return Chart(title, "", unit, series, shape="bar")

    charts = [
        chart("cases_per_second", "Fuzzing: cases per second", "per second"),
        chart("cpu_ms_per_case", "Fuzzing: processor time of a case", "ms"),
    ]
    kinds = next(iter(found.values()))
    return step_result("bench fuzzing", {"kinds": len(kinds)}, sections=charts)
