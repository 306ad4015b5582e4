"""A request, its answer and other foreign text as reports show them; a request as a command.

What is held here has been through `apiproof.redaction`: no credential reaches a report.
"""

import re
import shlex
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field

# C0 and C1 control characters but tab and newline, and what turns the direction of writing.
_CONTROL = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\u200e\u200f\u202a-\u202e\u2066-\u2069]")
# Where `apiproof serve --port 8000` serves what a run reached in its own way.
SERVED = "http://127.0.0.1:8000"
_UNREACHABLE = re.compile(r"^(http://testserver)?(?=/)")
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


def printable(text: str) -> str:
    r"""A text whose control characters are shown: an escape is `\x1b`."""
    return _CONTROL.sub(lambda found: found[0].encode("unicode_escape").decode(), text)


def curl_command(request: HttpRequest, variables: Collection[str] = ("$TOKEN",)) -> str:
    """Write a request as a command of a POSIX shell.

    Args:
        request: with its secrets replaced.
        variables: what stands in it for secrets and stays a variable of the shell.
    """
    pattern = re.compile("|".join(map(re.escape, sorted(variables, reverse=True))) or r"(?!)")
    url = _UNREACHABLE.sub(SERVED, request.url)
    words = ["curl", "-i", "-X", request.method, _quoted(url, pattern)]
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
