"""The result as one HTML file that needs nothing else: no script, no style sheet, no network."""

from pathlib import Path

from apiproof.pacts.verify.reports.wording import detail_lines
from apiproof.pacts.verify.results import Outcome, Verification


def as_html(verification: Verification) -> str:
    """The result as an HTML document; everything in it is escaped."""
    from jinja2 import Environment, FileSystemLoader  # noqa: PLC0415 - only this report needs it

    environment = Environment(
        loader=FileSystemLoader(Path(__file__).parent),
        autoescape=True,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    template = environment.get_template("page.html.jinja")
    return template.render(
        verification=verification,
        verdict=("honoured", "broken", "untold")[verification.exit_code],
        outcomes=Outcome,
        details=lambda result: "\n".join(detail_lines(result)),
    )
