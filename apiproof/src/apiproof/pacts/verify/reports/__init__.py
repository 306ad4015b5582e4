"""The result of a verification for people and machines: text, JUnit, JSON, one HTML file.

All are drawn from the same dataclasses and add nothing to them.
"""

from apiproof.pacts.verify.reports.document import as_document, as_json
from apiproof.pacts.verify.reports.junit import as_junit
from apiproof.pacts.verify.reports.page import as_html
from apiproof.pacts.verify.reports.terminal import print_verification

__all__ = ["as_document", "as_html", "as_json", "as_junit", "print_verification"]
