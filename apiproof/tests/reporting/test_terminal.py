"""The terminal: whole lines, whole words, and foreign text as it is."""

import io
import re

import pytest
from rich.console import Console

from apiproof.reporting.terminal import Terminal, heading, print_line, print_table, printable

LONG = "an interaction whose description is rather long, with a/very/long/path/in/it/that/stays"
HOSTILE = ["[red]x[/]", "[/]", "[check: reason]", "\x1b[2Jx", "a\rb", "x\x07y\x9bz", "\u202ezyx"]


def piped() -> Terminal:
    return Terminal(file=io.StringIO())


def on_a_terminal(width: int) -> Console:
    return Terminal(
        file=io.StringIO(), force_terminal=True, width=width,
        color_system=None, height=50, legacy_windows=False,
    )  # fmt: skip


def text_of(terminal: Console) -> str:
    assert isinstance(terminal.file, io.StringIO)
    return terminal.file.getvalue()


@pytest.mark.parametrize("text", HOSTILE)
def test_foreign_text_is_shown_as_it_is(text: str) -> None:
    terminal = piped()
    print_line(terminal, text, (text, "red"))
    print_table(terminal, text, [text], [[text]])
    heading(terminal, text)
    shown = text_of(terminal)
    assert shown.count(printable(text)) == 6
    assert not re.search("[\x00-\x08\x0b-\x1f\x7f-\x9f\u202e]", shown)


def test_control_characters_have_names() -> None:
    assert printable("\x1b[0m\r\x9b") == r"\x1b[0m\r\x9b"
    assert printable("tab\tand\nline") == "tab\tand\nline"


def test_a_pipe_gets_whole_lines() -> None:
    terminal = piped()
    print_line(terminal, LONG * 20)
    print_table(terminal, "title", ["description", "result"], [[LONG * 20, "passed"]])
    lines = text_of(terminal).splitlines()
    assert lines[0] == LONG * 20
    assert sum(LONG * 20 in line and "passed" in line for line in lines) == 1


@pytest.mark.parametrize("width", [20, 40, 60, 80, 100, 120])
def test_no_word_is_broken_on_a_terminal(width: int) -> None:
    terminal = on_a_terminal(width)
    print_line(terminal, LONG)
    print_table(terminal, "title", ["text", "result"], [[LONG, "passed"], ["b", "failed"]])
    words = text_of(terminal).replace("│", " ").split()
    for word in LONG.split():
        assert words.count(word) == 2 * LONG.split().count(word)


def test_a_command_is_one_line_even_on_a_terminal() -> None:
    terminal = on_a_terminal(40)
    print_line(terminal, LONG, wrap=False)
    assert text_of(terminal) == LONG + "\n"


def test_numbers_stand_on_the_right() -> None:
    terminal = piped()
    print_table(terminal, "t", ["name", "milliseconds"], [["a", "1"], ["b", "1,234"]])
    assert "            1 │" in text_of(terminal)
