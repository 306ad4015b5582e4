"""Charts as SVG, drawn by leather (MIT); their colours are those of the page, light or dark."""

import threading
from typing import Any, Final

from apiproof.reporting.model import Chart, Series

WIDTHS: Final = {"wide": 760, "narrow": 380}  # pixels, by class: page.css shows one of them
HEIGHT: Final = 300
_MARGIN: Final = 15
_ROW: Final = 34  # pixels of a bar
_LEAST: Final = 4  # of the vertical axis, so that counts are not drawn in quarters
_COLOURS: Final = 6  # --series-1 to --series-6 of page.css
_FONT: Final = "inherit"
_theme = threading.Lock()  # leather keeps its theme in a module


def as_svg(chart: Chart) -> str:
    """Draw a chart for each width of `WIDTHS`; nothing without points.

    A bar chart has one series, whose names stand beside the bars.
    """
    return "".join(_drawn(chart, name, width) for name, width in WIDTHS.items())


def _drawn(chart: Chart, name: str, width: int) -> str:
    series = [each for each in chart.series if each.points]
    if not series:
        return ""
    import leather  # type: ignore[import-untyped]  # noqa: PLC0415 - only the page needs it

    height = HEIGHT
    with _theme:
        _dress(leather.theme, _MARGIN / width)
        drawn = leather.Chart()
        for number, each in enumerate(series):
            colour = f"var(--series-{number % _COLOURS + 1})"
            if chart.shape == "bar":
                bars = [(value, str(name)) for name, value in each.points]
                drawn.add_bars(bars, fill_color=colour, name=each.name)
                height = 110 + _ROW * len(bars)
            elif chart.shape == "dots":
                drawn.add_dots(list(each.points), fill_color=colour, name=each.name)
            else:
                drawn.add_line(list(each.points), stroke_color=colour, name=each.name)
        names = (chart.y_axis, "") if chart.shape == "bar" else (chart.x_axis, chart.y_axis)
        ticks = None if chart.shape == "bar" else _whole_ticks(series)
        drawn.add_x_axis(name=names[0] or None, ticks=ticks)
        drawn.add_y_axis(name=names[1] or None)
        if chart.shape != "bar":
            _begin_at_zero(drawn, series)
        svg = str(drawn.to_svg(width=width, height=height))
    # Scaled by the page, and described by the figure around it.
    size = f'width="{width}" height="{height}"'
    shown = f'class="{name}" viewBox="0 0 {width} {height}" aria-hidden="true"'
    return svg.replace(size, shown, 1)


def in_words(chart: Chart) -> str:
    """A chart for those who cannot see it: its last or its every value."""
    if chart.shape == "bar":
        values = [f"{name}: {value:g}" for each in chart.series for name, value in each.points]
    else:
        values = [
            f"{each.name}: {each.points[-1][1]:g} at last" for each in chart.series if each.points
        ]
    return f"{chart.title}. {'; '.join(values)}"


def _begin_at_zero(drawn: Any, series: list[Series]) -> None:
    most = max(value for each in series for _, value in each.points)
    drawn.add_y_scale(0, max(most * 1.1, _LEAST))


def _whole_ticks(series: list[Series]) -> list[int] | None:
    """At most eight whole numbers, where every x is one; leather's own ticks elsewhere."""
    places = [x for each in series for x, _ in each.points]
    if not all(isinstance(x, int | float) and float(x).is_integer() for x in places):
        return None
    low, high = int(min(map(float, places))), int(max(map(float, places)))
    return list(range(low, high + 1, max(1, -(-(high - low) // 8))))


def _dress(theme: Any, margin: float) -> None:
    """Set what depends on the page: leather's own theme is light, and its font is Monaco."""
    theme.background_color = "none"
    theme.margin = margin
    theme.legend_font_char_width = 10  # its lines are broken as if no axis stood beside them
    for name in ("title_color", "legend_color", "axis_title_color", "label_color"):
        setattr(theme, name, "var(--ink)")
    theme.tick_color = "var(--line)"
    theme.zero_color = "var(--edge)"
    for name in ("title", "legend", "axis_title", "tick"):
        setattr(theme, f"{name}_font_family", _FONT)
