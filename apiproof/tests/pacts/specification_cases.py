"""pact-specification's response cases through `verify`: a provider answers what each case says.

    python -m tests.pacts.specification_cases FOLDER...

The folders are those of `tests.contract_diff.pact.specification_cases`; nothing of them is kept
here.
"""

import base64
import json
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from apiproof.http import Message, Receive, Send
from apiproof.pacts.verify.loading import LoadedPacts, SelectedPact
from apiproof.pacts.verify.provider_states import NoStates
from apiproof.pacts.verify.results import InteractionStatus
from apiproof.pacts.verify.session import VerificationSession, verify_selected
from tests.contract_diff.pact.specification_cases import pact_of


class Provider:
    """A provider that answers what a case says.

    Attributes:
        version: of the specification.
        actual: the case's response.
    """

    version = ""
    actual: Mapping[str, Any] = {}

    async def app(self, scope: Message, receive: Receive, send: Send) -> None:  # noqa: ARG002 - ASGI
        """Answer any request."""
        headers = list(self._headers())
        media = dict(headers).get("content-type", "")
        octets, shown = self._body(media)
        if octets and not media:
            headers.append(("content-type", shown))
        await send(
            {
                "type": "http.response.start",
                "status": self.actual.get("status", 200),
                "headers": [(name.encode(), text.encode()) for name, text in headers],
            }
        )
        await send({"type": "http.response.body", "body": octets})

    def _headers(self) -> Iterator[tuple[str, str]]:
        for name, values in (self.actual.get("headers") or {}).items():
            for value in values if isinstance(values, list) else [values]:
                yield name.lower(), " ".join(str(value).split())

    def _body(self, media: str) -> tuple[bytes, str]:
        """What is sent, and the content type that it shows."""
        body = self.actual.get("body")
        if self.version == "4" and isinstance(body, Mapping) and "content" in body:
            encoded = str(body.get("encoded") or "").lower()
            media = body.get("contentType") or media
            body = body["content"]
            if encoded not in ("", "false", "json"):
                return base64.b64decode(body), media
        if body is None or body == "":
            return b"", ""
        if not isinstance(body, str):
            return json.dumps(body).encode(), "application/json"
        is_xml = body.lstrip().startswith("<")
        if "json" in media and not is_xml:
            return json.dumps(body).encode(), media
        return body.encode(), media or ("application/xml" if is_xml else "text/plain")


def main(folders: list[str]) -> int:
    """Print every disagreement; 0 where there is none."""
    provider, cases, wrong = Provider(), 0, 0
    with VerificationSession.open(provider.app, NoStates(), "http://127.0.0.1:8000") as session:
        for folder in map(Path, folders):
            provider.version = folder.name.rpartition("-")[2]
            for path in sorted(folder.rglob("testcases/response/**/*.json")):
                raw = json.loads(path.read_text("utf-8-sig"))
                provider.actual = raw["actual"]
                cases += 1
                if _passes(pact_of(raw, provider.version), session) is not raw["match"]:
                    wrong += 1
                    wanted = "match" if raw["match"] else "differ"
                    print(f"{folder.name}/{path.parent.name}/{path.stem} must {wanted}")  # noqa: T201 - the output
    print(f"{cases - wrong} of {cases} cases agree")  # noqa: T201 - likewise
    return int(not cases or wrong > 0)


def _passes(document: Mapping[str, Any], session: VerificationSession) -> bool:
    loaded = LoadedPacts()
    loaded.add_document(document, "case.json")
    selected = [SelectedPact(each, each.pact.interactions) for each in loaded.found]
    verification = verify_selected(selected, session, "provider")
    return verification.statuses == {InteractionStatus.PASSED: 1}


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
