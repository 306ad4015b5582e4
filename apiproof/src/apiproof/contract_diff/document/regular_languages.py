"""Whether every string that matches one regular expression matches another.

Expressions of ECMA-262 become automata, whose difference is searched for a witness. What cannot be
decided (look-around, back references, word boundaries, sheer size) counts as not included, unless
both texts are the same.
"""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass, field
from functools import lru_cache

Range = tuple[int, int]
Charset = tuple[Range, ...]
LAST = 0x10FFFF
MOST_STATES = 3_000
ANYTHING: Charset = ((0, LAST),)
_DIGIT: Charset = ((48, 57),)
_WORD: Charset = ((48, 57), (65, 90), (95, 95), (97, 122))
_SPACE: Charset = ((9, 13), (32, 32), (160, 160), (0x1680, 0x1680), (0x2000, 0x200A),
                   (0x2028, 0x2029), (0x202F, 0x202F), (0x205F, 0x205F), (0x3000, 0x3000),
                   (0xFEFF, 0xFEFF))  # fmt: skip
_LINE_END: Charset = ((10, 10), (13, 13), (0x2028, 0x2029))
_CONTROLS = {"t": 9, "n": 10, "v": 11, "f": 12, "r": 13, "0": 0}


class PatternUndecidable(ValueError):
    """The expression is malformed, too large, or beyond regular languages."""


def _inverted(charset: Charset) -> Charset:
    gaps, start = [], 0
    for low, high in sorted(charset):
        if low > start:
            gaps.append((start, low - 1))
        start = max(start, high + 1)
    return (*gaps, (start, LAST)) if start <= LAST else tuple(gaps)


@dataclass
class Automaton:
    """Thompson's construction; `opening` and `closing` moves hold only at the string's ends."""

    free: list[list[int]] = field(default_factory=list)
    opening: list[list[int]] = field(default_factory=list)
    closing: list[list[int]] = field(default_factory=list)
    moves: list[list[tuple[Charset, int]]] = field(default_factory=list)

    def state(self) -> int:
        """Add a state."""
        if len(self.free) >= MOST_STATES:
            raise PatternUndecidable("too large")
        for table in (self.free, self.opening, self.closing):
            table.append([])
        self.moves.append([])
        return len(self.free) - 1

    def closure(self, states: frozenset[int], *, start: bool, end: bool) -> frozenset[int]:
        """Return the states reached without consuming a character."""
        found, queue = set(states), list(states)
        while queue:
            here = queue.pop()
            reach = self.free[here] + (self.opening[here] if start else [])
            for there in reach + (self.closing[here] if end else []):
                if there not in found:
                    found.add(there)
                    queue.append(there)
        return frozenset(found)


class Parser:
    """Recursive descent over the expression; every method returns (first, last) states."""

    def __init__(self, text: str) -> None:
        self.text, self.here, self.machine = text, 0, Automaton()

    def peek(self) -> str:
        """Return the next character, or nothing at the end."""
        return self.text[self.here : self.here + 1]

    def take(self, expected: str = "") -> str:
        """Consume a character."""
        char = self.peek()
        if not char or (expected and char != expected):
            raise PatternUndecidable(self.text)
        self.here += 1
        return char

    def alternatives(self) -> tuple[int, int]:
        """Read what stands between bars."""
        machine, first, last = self.machine, self.machine.state(), self.machine.state()
        while True:
            start, end = self.sequence()
            machine.free[first].append(start)
            machine.free[end].append(last)
            if self.peek() != "|":
                return first, last
            self.take()

    def sequence(self) -> tuple[int, int]:
        """Read what stands one after the other."""
        first = last = self.machine.state()
        while self.peek() not in {"", "|", ")"}:
            start, end = self.repeated()
            self.machine.free[last].append(start)
            last = end
        return first, last

    def repeated(self) -> tuple[int, int]:
        """Read an atom with its quantifier."""
        begin = self.here
        first, last = self.atom()
        least, most = self.quantifier()
        if (least, most) == (1, 1):
            return first, last
        after = self.here
        machine = self.machine
        start = end = machine.state()
        for count in range(max(least, most or 0, 1)):
            self.here = begin
            first, last = self.atom()
            machine.free[end].append(first)
            if count >= least:
                machine.free[first].append(last)
            end = last
        if most is None:
            machine.free[last].append(first)
            if least == 0:
                machine.free[first].append(last)
        if most == 0:
            start = end = machine.state()
        self.here = after
        return start, end

    def quantifier(self) -> tuple[int, int | None]:
        """Read how often: least and most, None for no limit."""
        limits: tuple[int, int | None] = (1, 1)
        simple: dict[str, tuple[int, int | None]] = {"*": (0, None), "+": (1, None), "?": (0, 1)}
        if self.peek() in simple:
            limits = simple[self.take()]
        elif self.peek() == "{":
            close = self.text.find("}", self.here)
            low, comma, high = self.text[self.here + 1 : close].partition(",")
            if close < 0 or not low.isdigit() or (high and not high.isdigit()):
                raise PatternUndecidable(self.text)
            most = int(high) if high else None if comma else int(low)
            limits = (int(low), most)
            self.here = close + 1
        else:
            return limits
        if self.peek() == "?":
            self.take()
        return limits

    def atom(self) -> tuple[int, int]:
        """Read one character, class, anchor or group."""
        machine, char = self.machine, self.take()
        if char == "(":
            return self.group()
        first, last = machine.state(), machine.state()
        if char == "^":
            machine.opening[first].append(last)
        elif char == "$":
            machine.closing[first].append(last)
        elif char in "*+?{":
            raise PatternUndecidable(self.text)
        else:
            machine.moves[first].append((self.charset(char), last))
        return first, last

    def charset(self, char: str) -> Charset:
        """Return the characters that an atom stands for."""
        if char == ".":
            return _inverted(_LINE_END)
        if char == "[":
            return self.set_of()
        return self.escape() if char == "\\" else ((ord(char), ord(char)),)

    def group(self) -> tuple[int, int]:
        """Read what stands in parentheses."""
        if self.peek() == "?":
            self.take()
            if self.peek() == "<" and self.text[self.here + 1 : self.here + 2] not in {"=", "!"}:
                self.here = self.text.index(">", self.here) + 1
            else:
                self.take(":")
        states = self.alternatives()
        self.take(")")
        return states

    def set_of(self) -> Charset:
        """Read what stands in brackets."""
        negative = self.peek() == "^"
        if negative:
            self.take()
        ranges: list[Range] = []
        while self.peek() != "]":
            part = self.member()
            if self.peek() == "-" and self.text[self.here + 1 : self.here + 2] != "]":
                self.take()
                high = self.member()
                if len(part) != 1 or len(high) != 1 or part[0][0] > high[0][0]:
                    raise PatternUndecidable(self.text)
                part = ((part[0][0], high[0][0]),)
            ranges += part
        self.take("]")
        return _inverted(tuple(ranges)) if negative else tuple(ranges)

    def member(self) -> Charset:
        """Read one member of a set."""
        char = self.take()
        return self.escape() if char == "\\" else ((ord(char), ord(char)),)

    def escape(self) -> Charset:
        """Read what follows a backslash."""
        char = self.take()
        classes = {"d": _DIGIT, "w": _WORD, "s": _SPACE}
        if char.lower() in classes:
            return classes[char] if char in classes else _inverted(classes[char.lower()])
        if char in "xu":
            size = 2 if char == "x" else 4
            digits = self.text[self.here : self.here + size]
            self.here += size
            try:
                return ((int(digits, 16), int(digits, 16)),)
            except ValueError:
                raise PatternUndecidable(self.text) from None
        if char in _CONTROLS:
            return ((_CONTROLS[char], _CONTROLS[char]),)
        if char.isalnum():
            raise PatternUndecidable(self.text)
        return ((ord(char), ord(char)),)


MOST_PAIRS = 6_000


@dataclass(frozen=True)
class _Language:
    machine: Automaton
    first: int
    last: int

    def opened(self) -> frozenset[int]:
        return self.machine.closure(frozenset({self.first}), start=True, end=False)

    def accepts(self, states: frozenset[int]) -> bool:
        return self.last in self.machine.closure(states, start=False, end=True)

    def accepts_nothing(self) -> bool:
        both = self.machine.closure(frozenset({self.first}), start=True, end=True)
        return self.last in both

    def step(self, states: frozenset[int], char: int) -> frozenset[int]:
        reached = frozenset(
            there
            for here in states
            for charset, there in self.machine.moves[here]
            if any(low <= char <= high for low, high in charset)
        )
        return self.machine.closure(reached, start=False, end=False)


def _language(pattern: str) -> _Language:
    parser = Parser(pattern)
    first, last = parser.alternatives()
    if parser.here != len(pattern):
        raise PatternUndecidable(pattern)
    machine = parser.machine
    before, after = machine.state(), machine.state()  # an expression matches anywhere in a string
    machine.moves[before].append((ANYTHING, before))
    machine.moves[after].append((ANYTHING, after))
    machine.free[before].append(first)
    machine.free[last].append(after)
    machine.closing[last].append(after)
    return _Language(machine, before, after)


def _samples(*languages: _Language) -> list[int]:
    """Return one character of every class that the expressions can tell apart."""
    edges = {0}
    for language in languages:
        for moves in language.machine.moves:
            for charset, _ in moves:
                edges.update(edge for low, high in charset for edge in (low, high + 1))
    return sorted(edge for edge in edges if edge <= LAST)


@lru_cache(maxsize=512)
def includes(wider: str, narrower: str) -> bool:
    """Return whether every string that `narrower` matches is matched by `wider`."""
    try:
        small, large = _language(narrower), _language(wider)
    except (PatternUndecidable, IndexError, ValueError, RecursionError):
        return wider == narrower
    if small.accepts_nothing() and not large.accepts_nothing():
        return False
    samples = _samples(small, large)
    start = (small.opened(), large.opened())
    queue, seen = deque([start]), {start}
    while queue:
        one, other = queue.popleft()
        if small.accepts(one) and not large.accepts(other):
            return False
        for char in samples:
            pair = (small.step(one, char), large.step(other, char))
            if pair[0] and pair not in seen:
                seen.add(pair)
                queue.append(pair)
        if len(seen) > MOST_PAIRS:
            return False
    return True
