"""Changes and their impact as a table for people and JSON for machines. Decides nothing."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import asdict
from typing import Any

from rich.console import Console
from rich.markup import escape
from rich.table import Table

from apiproof.contract_diff.document.change import Change
from apiproof.contract_diff.document.impact import Impact


def as_json(changes: Sequence[Change], impacts: Sequence[Impact] | None) -> str:
    """Return everything found as one JSON document; `consumers` only where pacts were read."""
    by_change = {id(found.change): found for found in impacts or ()}
    entries = []
    for change in changes:
        entry: dict[str, Any] = asdict(change)
        found = by_change.get(id(change))
        if found is not None:
            entry["relied_on"] = found.relied_on
            entry["consumers"] = [asdict(reliance) for reliance in found.reliances]
        entries.append(entry)
    breaking = sum(change.breaking for change in changes)
    report = {"breaking": breaking, "harmless": len(changes) - breaking, "changes": entries}
    return json.dumps(report, indent=2, default=str)


def print_table(
    console: Console, changes: Sequence[Change], impacts: Sequence[Impact] | None
) -> None:
    """Print the breaking changes with who relies on them, then a line on the harmless ones."""
    breaking = [change for change in changes if change.breaking]
    if breaking:
        console.print(_table(breaking, impacts))
    harmless = [change for change in changes if not change.breaking]
    for change in harmless:
        console.print(f"[dim]harmless {change.rule}: {escape(_where(change))}[/dim]")
    console.print(f"{len(breaking)} breaking, {len(harmless)} harmless changes.")
    if impacts is not None and breaking:
        free = sum(not found.relied_on for found in impacts)
        console.print(f"{free} of the {len(breaking)} breaking changes: no consumer relies on it.")


def _where(change: Change) -> str:
    return f"{change.operation}: {change.sentence}" if change.operation else change.sentence


def _table(breaking: Sequence[Change], impacts: Sequence[Impact] | None) -> Table:
    table = Table(show_lines=True, title="Breaking changes", title_justify="left")
    for heading in ("Operation", "Change", "Where"):
        table.add_column(heading, overflow="fold")
    by_change = {id(found.change): found for found in impacts or ()}
    if impacts is not None:
        table.add_column("Consumers", overflow="fold")
    for change in breaking:
        pointers = (("old", change.old_pointer), ("new", change.new_pointer))
        where = "\n".join(f"{name} #{at}" for name, at in pointers if at is not None)
        row = [change.operation, f"{change.sentence}\n({change.rule})", where]
        if impacts is not None:
            row.append(_consumers(by_change[id(change)]))
        table.add_row(*map(escape, row))
    return table


def _consumers(found: Impact) -> str:
    lines = [f"{r.effect} {r.consumer}: {r.interaction}" for r in found.reliances]
    return "\n".join(lines) or "no consumer relies on it"
