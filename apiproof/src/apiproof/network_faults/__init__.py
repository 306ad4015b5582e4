"""Network faults at the socket: a TCP proxy that stands before PostgreSQL, an HTTP API, any server.

    with FaultProxy("postgresql://user:password@127.0.0.1:5432/app") as proxy:
        engine = create_engine(proxy.url)  # the same URL, through the proxy
        with proxy.fault(Silent(), when=b"COMMIT") as active:
            ...  # the server never hears the COMMIT, and the client never an answer
        assert active.hits == 1

A real client over a real socket shows what a mock of its library cannot: which time-out applies,
what a half-read answer becomes, whether a pool keeps a dead connection. TLS passes through unread:
`when` and `Answer` need plain text.

Each proxy is bounded: in connections open at once, in the seconds that one of them lives, and in
its own life, which ends with the block.
"""

from apiproof.network_faults.connection import ActiveFault, FaultNotTriggered
from apiproof.network_faults.faults import (
    HOSTILE_ANSWERS,
    Answer,
    Drip,
    Hold,
    NetworkFault,
    Refused,
    Reset,
    Silent,
    Unreachable,
    http_answer,
    postgres_error,
)
from apiproof.network_faults.proxy import FaultProxy, ProxyOverloaded

__all__ = [
    "HOSTILE_ANSWERS",
    "ActiveFault",
    "Answer",
    "Drip",
    "FaultNotTriggered",
    "FaultProxy",
    "Hold",
    "NetworkFault",
    "ProxyOverloaded",
    "Refused",
    "Reset",
    "Silent",
    "Unreachable",
    "http_answer",
    "postgres_error",
]
