"""The result as JUnit XML, for CI servers: a suite for each pact, a case for each interaction."""

import re
from xml.etree import ElementTree as ET

from apiproof.contract_diff.pact import Severity
from apiproof.pacts.verify.reports.wording import detail_lines
from apiproof.pacts.verify.results import (
    InteractionResult,
    Outcome,
    PactResult,
    Verification,
)

# XML 1.0, 2.2: the characters that a document cannot hold.
_FORBIDDEN = re.compile("[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


def as_junit(verification: Verification) -> str:
    """The result as an XML document with a final newline."""
    root = ET.Element("testsuites", name=f"pacts of {verification.provider}")
    for pact in verification.pacts:
        root.append(_suite(pact))
    if verification.findings:
        root.append(_findings(verification))
    ET.indent(root)
    return ET.tostring(root, encoding="unicode", xml_declaration=True) + "\n"


def _suite(pact: PactResult) -> ET.Element:
    suite = ET.Element(
        "testsuite",
        name=_clean(f"{pact.consumer} - {pact.provider}"),
        tests=str(len(pact.interactions) + len(pact.untold)),
        failures=str(pact.count(Outcome.BROKEN)),
        errors=str(pact.count(Outcome.UNTOLD) + len(pact.untold)),
        skipped=str(pact.count(Outcome.PENDING)),
        time=f"{sum(result.seconds for result in pact.interactions):.3f}",
    )
    for result in pact.interactions:
        suite.append(_case(pact, result))
    for line in pact.untold:
        case = ET.SubElement(suite, "testcase", classname=_clean(pact.source), name=_clean(line))
        ET.SubElement(case, "error", message=_clean(line))
    return suite


def _case(pact: PactResult, result: InteractionResult) -> ET.Element:
    states = " and ".join(state.name for state in result.interaction.states)
    name = result.interaction.description + (f" given {states}" if states else "")
    case = ET.Element(
        "testcase",
        classname=_clean(f"{pact.consumer} - {pact.provider}"),
        name=_clean(name),
        file=_clean(pact.source),
        time=f"{result.seconds:.3f}",
    )
    tag = {Outcome.BROKEN: "failure", Outcome.UNTOLD: "error", Outcome.PENDING: "skipped"}
    if result.outcome in tag:
        message = "; ".join(each.text for each in result.mismatches) or result.error
        child = ET.SubElement(case, tag[result.outcome], message=_clean(message))
        child.text = _clean("\n".join(detail_lines(result)))
    return case


def _findings(verification: Verification) -> ET.Element:
    errors = [each for each in verification.findings if each.severity is Severity.ERROR]
    suite = ET.Element(
        "testsuite",
        name="pacts against the document",
        tests=str(len(verification.findings)),
        failures=str(len(errors)),
    )
    for finding in verification.findings:
        case = ET.SubElement(
            suite,
            "testcase",
            classname=_clean(finding.consumer),
            name=_clean(f"{finding.interaction} {finding.rule} {finding.where}"),
        )
        tag = "failure" if finding.severity is Severity.ERROR else "system-out"
        child = ET.SubElement(case, tag)
        child.text = _clean(f"{finding.message} ({finding.pointer})")
    return suite


def _clean(text: str) -> str:
    return _FORBIDDEN.sub("\ufffd", text)
