"""The result of a verification for people and machines: text, JUnit, JSON, one HTML file.

All are drawn from the same dataclasses and add nothing to them.
"""

from understudy.contracts.verification.reports.document import as_document, as_json
from understudy.contracts.verification.reports.junit import as_junit
from understudy.contracts.verification.reports.page import as_html
from understudy.contracts.verification.reports.terminal import print_verification

__all__ = ["as_document", "as_html", "as_json", "as_junit", "print_verification"]
