"""Changes as pages: Markdown, HTML and text; by severity, or as a changelog for people."""

from __future__ import annotations

import html
import re
from collections.abc import Iterator, Sequence

from apiproof.contract_diff.document.changes import Change
from apiproof.contract_diff.document.report import DiffReport, pointers
from apiproof.contract_diff.document.rules import ChangeSeverity

Block = tuple[str, str]
"""A kind of block (`heading`, `subheading`, `item`, `text`) and its text in a little Markdown."""
_SIGNS = {
    ChangeSeverity.ERROR: "Breaking",
    ChangeSeverity.WARNING: "Warning",
    ChangeSeverity.INFO: "Harmless",
}
_STYLE = (
    "body{font:15px/1.5 system-ui,sans-serif;margin:2rem auto;max-width:60rem;padding:0 1rem}"
    "code{background:#8882;border-radius:3px;padding:0 .2em;overflow-wrap:anywhere}"
    "li{margin:.4rem 0}:root{color-scheme:light dark}"
)
_MARKUP = re.compile(r"([\\`*_{}\[\]<>()#+!|~-])")


def as_markdown(report: DiffReport, *, changelog: bool = False) -> str:
    """Return the report as Markdown with a final newline; foreign text is escaped."""
    forms = {"heading": "## {}\n", "subheading": "### {}\n", "item": "- {}", "text": "{}\n"}
    lines: list[str] = []
    for kind, text in _blocks(report, changelog=changelog):
        if kind != "item" and lines and not lines[-1].endswith("\n"):
            lines.append("")
        lines.append(forms[kind].format(text))
    return "\n".join(lines).rstrip() + "\n"


def as_text_changelog(report: DiffReport) -> str:
    """Return the changelog as people read it on a terminal, with a final newline."""
    forms = {"heading": "{}", "subheading": "\n{}", "item": "  {}", "text": "{}"}
    lines = [
        forms[kind].format(re.sub(r"\\(.)|\*\*", r"\1", text))
        for kind, text in _blocks(report, changelog=True)
    ]
    return "\n".join(lines) + "\n"


def as_html(report: DiffReport, *, changelog: bool = False) -> str:
    """Return the report as one HTML page that loads nothing; foreign text is escaped."""
    tags = {"heading": "h1", "subheading": "h2", "item": "li", "text": "p"}
    body, in_list = [], False
    for kind, text in _blocks(report, changelog=changelog):
        if (kind == "item") is not in_list:
            body.append("</ul>" if in_list else "<ul>")
            in_list = not in_list
        body.append(f"<{tags[kind]}>{_as_html_text(text)}</{tags[kind]}>")
    body += ["</ul>"] if in_list else []
    title = html.escape(f"{report.old} → {report.new}")
    head = f'<meta charset="utf-8"><title>{title}</title><style>{_STYLE}</style>'
    page = f'<html lang="en"><head>{head}</head><body>{"".join(body)}</body></html>'
    return f"<!doctype html>{page}\n"


def _blocks(report: DiffReport, *, changelog: bool) -> Iterator[Block]:
    yield "heading", f"{_plain(report.old)} → {_plain(report.new)}"
    yield "text", _plain(report.summary)
    if report.unused:
        yield "text", _plain(report.unused)
    yield from _changelog(report) if changelog else _by_severity(report)


def _by_severity(report: DiffReport) -> Iterator[Block]:
    for severity in ChangeSeverity:
        changes = [change for change in report.changes if change.severity is severity]
        if changes:
            yield "subheading", f"{_SIGNS[severity]} ({len(changes)})"
        for change in changes:
            where = "; ".join(map(_code, pointers(change)))
            consumers = "; ".join(_plain(line) for line in report.consumers(change))
            text = f"{_code(report.operations(change))}: {_sentence(change.sentence)}"
            tail = f" ({_code(change.rule)}; {where})" + (f" {consumers}" if consumers else "")
            yield "item", text + tail


def _changelog(report: DiffReport) -> Iterator[Block]:
    """Yield what came, went and changed, operation by operation, as people read it."""
    shared = "Changed in several operations"
    groups: dict[str, list[Change]] = {"Added": [], "Removed": [], shared: []}
    document: list[Change] = []
    for change in report.changes:
        title = change.operation
        if change.rule in {"operation-added", "webhook-added", "callback-added"}:
            title = "Added"
        elif change.rule.startswith(("operation-rem", "webhook-rem", "callback-rem")):
            title = "Removed"
        elif len(change.operations) > 1:
            title = shared
        (groups.setdefault(title, []) if title else document).append(change)
    for title, changes in groups.items():
        yield from _section(title, changes, report if title == shared else None)
    yield from _section("The document", document)


def _section(
    title: str, changes: Sequence[Change], report: DiffReport | None = None
) -> Iterator[Block]:
    if changes:
        yield "subheading", _plain(title)
    for change in changes:
        sign = (
            f"**{_SIGNS[change.severity]}**: " if change.severity is not ChangeSeverity.INFO else ""
        )
        where = f" ({_code(report.operations(change))})" if report else ""
        yield "item", f"{sign}{_sentence(change.sentence)}{where}"


def _sentence(text: str) -> str:
    """Return a sentence with what stands in backticks kept as code."""
    parts = text.split("`")
    if len(parts) % 2 == 0:
        return _plain(text)
    return "".join(_code(part) if number % 2 else _plain(part) for number, part in enumerate(parts))


def _plain(text: str) -> str:
    return _MARKUP.sub(r"\\\1", _one_line(text))


def _code(text: str) -> str:
    clean = _one_line(text).replace("`", "'")
    return f"`{clean}`" if clean else ""


def _one_line(text: str) -> str:
    return " ".join("".join(c if c.isprintable() else " " for c in text).split(" ")).strip("\n")


def _as_html_text(text: str) -> str:
    """Return the little Markdown of a block as HTML."""
    parts = re.split(r"(`[^`]*`|\*\*[^*]*\*\*)", text)
    shown = []
    for part in parts:
        if part.startswith("`") and part.endswith("`") and len(part) > 1:
            shown.append(f"<code>{html.escape(part[1:-1])}</code>")
        elif part.startswith("**") and part.endswith("**") and len(part) > 3:
            shown.append(f"<strong>{html.escape(part[2:-2])}</strong>")
        else:
            shown.append(html.escape(re.sub(r"\\(.)", r"\1", part)))
    return "".join(shown)
