"""AWS's services beside Cognito, as moto has them: what an SDK sends is answered in this process.

moto finds a service by its address, and keeps what is made (buckets, tables, queues) in memory.
"""

from collections.abc import Iterable
from typing import Any, NamedTuple
from urllib.parse import urlsplit

from botocore.awsrequest import AWSPreparedRequest
from botocore.compat import HTTPHeaders
from moto import backends
from moto.core.botocore_stubber import BotocoreStubber

_stubber = BotocoreStubber()
_used: set[str] = set()


class AwsAnswer(NamedTuple):
    """What a service answered."""

    status: int
    headers: dict[str, str]
    body: bytes


def answer(method: str, url: str, headers: Iterable[tuple[str, str]], body: bytes) -> AwsAnswer:
    """Answer a request to AWS; what moto does not have is 404, at which SDKs do not try again.

    Args:
        method: Of HTTP.
        url: With AWS's own host, by which the service is found.
        headers: As they were sent.
        body: Likewise.
    """
    place = urlsplit(url)
    if service := backends.get_service_from_url(f"https://{place.netloc}{place.path}"):
        _used.add(service)
    fields = HTTPHeaders.from_pairs(list(headers))
    request = AWSPreparedRequest(method, url, fields, body, stream_output=False)
    status, answered, content = _stubber.process_request(request) or (404, {}, "Not implemented")
    data = content.encode() if isinstance(content, str) else bytes(content)
    return AwsAnswer(int(status), {name: str(value) for name, value in answered.items()}, data)


def forget() -> None:
    """Take away what was made in the services that were called."""
    while _used:
        accounts: Any = backends.get_backend(_used.pop())  # type: ignore[call-overload]  # any name
        for regions in accounts.values():
            for backend in regions.values():
                backend.reset()
