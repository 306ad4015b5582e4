"""E-mail addresses that a mail server would take, and other spellings of the same mailbox.

It knows the grammar of addresses and of host names, and no provider's habits.

Source: RFC 5321, 4.5.3.1 (64 and 254 octets); RFC 5322, 3.4.1 (dot-atom); RFC 1035, 2.3.4 (63
octets a label); RFC 5233 (sub-addressing).
"""

from functools import cache

from hypothesis import strategies as st

from apiproof.strategies.names import same_names

_ATEXT = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789!#$%&'*+/=?^_`{|}~-"
_ALNUM = "abcdefghijklmnopqrstuvwxyz0123456789"
# RFC 2606 reserves `example` in these: nobody's mailbox is meant by accident.
_TOP = ("com", "net", "org")
_LOCAL, _LABEL, _WHOLE = 64, 63, 254


def _atoms(longest: int) -> st.SearchStrategy[str]:
    return st.text(st.sampled_from(_ATEXT), min_size=1, max_size=longest)


@cache
def _labels() -> st.SearchStrategy[str]:
    edge = st.sampled_from(_ALNUM)
    # No "--" in the third and fourth place: such labels are encoded ones (RFC 5891, 4.2.3.1).
    inner = st.text(st.sampled_from(_ALNUM), max_size=8)
    short = st.builds("{}{}-{}".format, edge, inner, edge)
    return st.one_of(st.builds(str.__add__, edge, inner), short, st.just("a" * _LABEL))


@cache
def _locals() -> st.SearchStrategy[str]:
    dotted = st.lists(_atoms(10), min_size=1, max_size=3).map(".".join)
    tagged = st.builds("{}+{}".format, _atoms(10), _atoms(10))
    plain = st.from_regex(r"[a-z]{1,8}", fullmatch=True)
    return st.one_of(plain, dotted, tagged, _atoms(1).map(lambda atom: atom * _LOCAL))


@st.composite
def emails(draw: st.DrawFn, *, unlike: str = "") -> str:  # noqa: D417 - draw is Hypothesis's
    """Draw addresses that are valid and look deliverable, up to the longest.

    The domains lie under `example.com`, `.net` and `.org`, which are nobody's.

    Args:
        unlike: what the local part ends with, to keep the addresses of a test apart.
    """
    top = draw(st.sampled_from(_TOP))
    labels = draw(st.lists(_labels(), max_size=3) | st.just(["a" * _LABEL] * 3))
    domain = ".".join([*labels, "example", top])
    local = draw(_locals())[: _LOCAL - len(unlike)].rstrip(".") + unlike
    while labels and len(local) + 1 + len(domain) > _WHOLE:
        labels.pop()
        domain = ".".join([*labels, "example", top])
    return f"{local}@{domain}"


def same_addresses(email: str) -> st.SearchStrategy[str]:
    """Draw other spellings of an address that differ by case alone.

    Args:
        email: an ASCII address.
    """
    spellings = same_names(email).map(lambda other: other if other.isascii() else email.swapcase())
    return st.one_of(st.sampled_from([email.upper(), email.lower(), email.swapcase()]), spellings)


@st.composite
def tagged_addresses(draw: st.DrawFn, email: str) -> str:  # noqa: D417 - draw is Hypothesis's
    """Draw sub-addresses of an address (`ada+tag@...`).

    Many providers deliver them to the same mailbox; no service may take them for the same address.

    Args:
        email: an ASCII address; where it is too long for a tag, its local part is cut.
    """
    local, _, domain = email.rpartition("@")
    tag = draw(st.text(st.sampled_from(_ALNUM), min_size=1, max_size=8))
    room = min(_LOCAL, _WHOLE - len(domain) - 1) - len(tag) - 1
    return f"{local[:room].rstrip('.')}+{tag}@{domain}"
