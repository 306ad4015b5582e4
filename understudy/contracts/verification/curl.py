"""A request as a curl line that a person can run; it must not know where the request came from."""

import re
import shlex

from understudy.contracts.verification.results import Exchange

_OWN = {"host", "content-length", "accept-encoding", "connection", "user-agent"}
_NAME = re.compile(r"\$[A-Z][A-Z0-9_]*")


def curl_line(base_url: str, exchange: Exchange) -> str:
    """Write a redacted request as a command of a POSIX shell.

    Args:
        base_url: where the provider is, without a trailing slash.
        exchange: the request; `$NAME` in it stays a variable of the shell.
    """
    words = ["curl", "-i", "-X", exchange.method, _quoted(base_url + exchange.target)]
    for name, value in sorted(exchange.headers.items()):
        if name not in _OWN and not (name == "accept" and value == "*/*"):
            words += ["-H", _quoted(f"{name.title()}: {value}")]
    if exchange.body:
        words += ["--data-raw", _quoted(exchange.body)]
    return " ".join(words)


def _quoted(text: str) -> str:
    """Quote a word, but let variables through: 'a'"$TOKEN"'b'."""
    parts = _NAME.split(text)
    names = _NAME.findall(text)
    quoted = [shlex.quote(parts[0]) if parts[0] or not names else ""]
    for name, part in zip(names, parts[1:], strict=True):
        quoted.append(f'"{name}"')
        quoted.append(shlex.quote(part) if part else "")
    return "".join(quoted)
