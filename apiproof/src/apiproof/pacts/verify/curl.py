"""A request as a curl line that a person can run; it must not know where the request came from."""

import re
import shlex
from collections.abc import Collection

from apiproof.pacts.verify.results import Exchange

_OWN = {"host", "content-length", "accept-encoding", "connection", "user-agent"}


def curl_line(base_url: str, exchange: Exchange, names: Collection[str]) -> str:
    """Write a redacted request as a command of a POSIX shell.

    Args:
        base_url: where the provider is, without a trailing slash.
        exchange: the request.
        names: what stands in it for secrets, such as `$TOKEN`, and stays a variable of the shell.
    """
    variables = re.compile("|".join(map(re.escape, sorted(names, reverse=True))) or r"(?!)")
    url = _quoted(base_url + exchange.target, variables)
    words = ["curl", "-i", "-X", exchange.method, url]
    for name, value in sorted(exchange.headers.items()):
        if name not in _OWN and not (name == "accept" and value == "*/*"):
            words += ["-H", _quoted(f"{name.title()}: {value}", variables)]
    if exchange.body:
        words += ["--data-raw", _quoted(exchange.body, variables)]
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
