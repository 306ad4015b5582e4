"""A request and its answer as reports show them, and the request as a curl command.

What is held here has been through `apiproof.redaction`: no credential reaches a report.
"""

import re
import shlex
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field

# What curl or the connection sets by itself.
_OWN = {"host", "content-length", "accept-encoding", "connection", "user-agent"}


@dataclass(frozen=True)
class HttpRequest:
    """A request that was sent; `url` is absolute, `body` is text."""

    method: str
    url: str
    headers: Mapping[str, str] = field(default_factory=dict)
    body: str = ""


@dataclass(frozen=True)
class HttpResponse:
    """The answer that came; `body` is text."""

    status: int
    headers: Mapping[str, str] = field(default_factory=dict)
    body: str = ""


def curl_command(request: HttpRequest, variables: Collection[str] = ("$TOKEN",)) -> str:
    """Write a request as a command of a POSIX shell.

    Args:
        request: with its secrets replaced.
        variables: what stands in it for secrets and stays a variable of the shell.
    """
    pattern = re.compile("|".join(map(re.escape, sorted(variables, reverse=True))) or r"(?!)")
    words = ["curl", "-i", "-X", request.method, _quoted(request.url, pattern)]
    for name, value in sorted(request.headers.items()):
        lowered = name.lower()
        if lowered not in _OWN and not (lowered == "accept" and value == "*/*"):
            words += ["-H", _quoted(f"{name.title()}: {value}", pattern)]
    if request.body:
        words += ["--data-raw", _quoted(request.body, pattern)]
    return " ".join(words)


def _quoted(text: str, variables: re.Pattern[str]) -> str:
    """Quote a word, but let variables through: 'a'"$TOKEN"'b'."""
    parts = variables.split(text)
    names = variables.findall(text)
    quoted = [shlex.quote(parts[0]) if parts[0] or not names else ""]
    for name, part in zip(names, parts[1:], strict=True):
        quoted.append(f'"{name}"')
        quoted.append(shlex.quote(part) if part else "")
    return "".join(quoted)
