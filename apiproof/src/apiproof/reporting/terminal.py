"""The terminal: whole lines when piped, no word broken, and foreign text shown as it is.

Foreign text, such as a description in a pact, is never read as markup, and its control characters
are shown rather than sent to the terminal.
"""

import re
from collections.abc import Iterable, Sequence
from typing import Any, Final

from rich.box import HEAVY_HEAD
from rich.console import Console
from rich.table import Table
from rich.text import Text

from apiproof.reporting.exchange import printable

__all__ = [
    "Styled",
    "Terminal",
    "console",
    "heading",
    "line_of",
    "print_line",
    "print_table",
    "printable",
]

Styled = tuple[str, str]
"""A text and its style, in rich's words: `("failed", "red")`."""

_WIDEST: Final = 100_000  # columns of a pipe
_FRAME: Final = 3  # columns around a cell


class Terminal(Console):
    """Rich's console, as wide as the terminal, and without bounds where lines go to a pipe."""

    def __init__(self, **options: Any) -> None:
        super().__init__(highlight=False, emoji=False, **options)
        if not self.is_terminal:
            self.width = _WIDEST


console: Final = Terminal()


def line_of(*parts: str | Styled | Text) -> Text:
    """A line of plain and styled parts, none of them read as markup."""
    line = Text()
    for part in parts:
        if isinstance(part, Text):
            line.append(printable(part.plain), part.style)
        elif isinstance(part, tuple):
            line.append(printable(part[0]), part[1])
        else:
            line.append(printable(part))
    return line


def print_line(terminal: Console, *parts: str | Styled | Text, wrap: bool = True) -> None:
    """Print a line; on a terminal it is wrapped between words, in a pipe never.

    Args:
        terminal: where to.
        parts: texts, or texts with their styles.
        wrap: False for what has to survive being copied, such as a command.
    """
    if wrap and terminal.is_terminal:
        terminal.print(line_of(*parts), overflow="ignore", crop=False)
    else:
        terminal.print(line_of(*parts), soft_wrap=True)


def heading(terminal: Console, text: str) -> None:
    """Print the line that begins a part, in bold, after an empty one."""
    print_line(terminal, ("\n" + text, "bold"))


def print_table(
    terminal: Console,
    title: str,
    columns: Sequence[str],
    rows: Iterable[Sequence[str | Styled | Text]],
) -> None:
    """Print a table; where its words do not fit side by side, each row as lines of its own."""
    cells = [[line_of(cell) for cell in row] for row in rows]
    if _least_width(columns, cells) > terminal.width:
        _print_rows(terminal, title, columns, cells)
        return
    table = Table(title=line_of(title), title_justify="left", box=HEAVY_HEAD)
    for number, name in enumerate(columns):
        table.add_column(line_of(name), justify="right" if _are_numbers(cells, number) else "left")
    for row in cells:
        table.add_row(*row)
    terminal.print(table, crop=False)


def _least_width(columns: Sequence[str], rows: Sequence[Sequence[Text]]) -> int:
    """The columns that a table needs at least: its longest words side by side."""
    names = [[line_of(name) for name in columns], *rows]
    longest = [
        max((len(word) for row in names for word in row[number].plain.split()), default=0)
        for number in range(len(columns))
    ]
    return sum(longest) + _FRAME * len(columns) + 1


def _print_rows(
    terminal: Console, title: str, columns: Sequence[str], rows: Sequence[Sequence[Text]]
) -> None:
    print_line(terminal, (title, "bold"))
    for row in rows:
        for number, (name, cell) in enumerate(zip(columns, row, strict=True)):
            print_line(terminal, "  " if number else "- ", f"{name}: ", cell)


def _are_numbers(rows: Sequence[Sequence[Text]], column: int) -> bool:
    texts = [row[column].plain for row in rows]
    return bool(texts) and all(re.fullmatch(r"[\d.,]*\d( ?[a-z%]{1,3})?", text) for text in texts)
