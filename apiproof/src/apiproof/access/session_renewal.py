"""Users' sessions: one that is over is opened again, once, before a refusal is believed."""

from apiproof.access.http import Response
from apiproof.access.prepared import PreparedRequest
from apiproof.access.requirements import Alternative
from apiproof.access.resource_maker import Preparer
from apiproof.access.safeguards import SAFE


class SessionRenewal:
    """Sends requests with valid credentials."""

    def __init__(self, preparer: Preparer) -> None:
        self._preparer = preparer
        self._renewed: set[str] = set()  # whose fresh credential has not been accepted yet
        self._reads: dict[str, PreparedRequest] = {}  # what each user has read last

    def send(self, prepared: PreparedRequest, alternative: Alternative | None = None) -> Response:
        """Send a prepared request with its valid credential, once renewed where that is refused."""
        response = self._preparer.sender.send(prepared.request, prepared.auth)
        is_new = prepared.user.name in self._renewed
        secured = prepared.request.operation.secured
        if secured and response.status in {401, 403}:
            operation = prepared.request.operation
            auth = self._preparer.credential(operation, prepared.user, alternative)
            if auth != prepared.auth:  # a session that was ended meanwhile
                response = self._preparer.sender.send(prepared.request, auth)
        user_source = self._preparer.user_source
        renewable = secured and not is_new and user_source.can_log_in_again(prepared.user)
        if renewable and self._is_over(prepared, response):
            self._renewed.add(prepared.user.name)
            user_source.invalidate(prepared.user)
            operation = prepared.request.operation
            auth = self._preparer.credential(operation, prepared.user, alternative)
            response = self._preparer.sender.send(prepared.request, auth)
        if response.ok:
            if secured and prepared.request.operation.method in SAFE:
                self.note_read(prepared)
            self._preparer.seen.note(prepared.user, prepared.request, response)
            self._renewed.discard(prepared.user.name)
            self._preparer.note_success(prepared.request.operation, prepared.user, prepared.request)
        return response

    def note_read(self, prepared: PreparedRequest) -> None:
        """Take note of a read that succeeded: it tells whether its user's session is over."""
        self._reads[prepared.user.name] = prepared

    def _is_over(self, prepared: PreparedRequest, response: Response) -> bool:
        """Whether a refusal means that a session is over: 403 says it where reads are refused too.

        A service that answers 403 to whoever is unknown to it says no more: of who has read nothing
        yet, neither is known.
        """
        if response.status == 403 and (known := self._reads.get(prepared.user.name)):
            response = self._preparer.sender.send(known.request, known.auth)
        return response.status in {401, 403}
