"""Usernames: all that Cognito admits, what it calls the same, what only looks the same.

The limits are read from Cognito's service model. It knows no pool but its settings.
"""

import re
import unicodedata
from functools import cache

from hypothesis import strategies as st

from apiproof.cognito import PoolSettings
from apiproof.cognito.validation import operations

# One pair per way in which two names may look alike: script, width, composition, digit, ligature.
_LOOKALIKES = {
    "a": "\u0430",  # Cyrillic
    "A": "\u0391",  # Greek
    "c": "\u0441",
    "e": "\u0435",
    "i": "\u0456",
    "o": "\u03bf",
    "p": "\u0440",
    "x": "\u0445",
    "0": "\uff10",
    "1": "l",
    "-": "\u2010",
    "K": "\U0001d40a",  # mathematical bold
    "fi": "\ufb01",
    "\u00e9": "e\u0301",
}


@cache
def limits() -> tuple[int, int, tuple[str, ...]]:
    """Read the shortest and the longest username and its Unicode categories from the model."""
    shape = operations()["SignUp"].input_shape
    username = shape.members["Username"] if shape is not None else None
    if username is None:
        raise LookupError("This botocore describes no SignUp with a Username.")
    categories = tuple(re.findall(r"\\p\{([A-Z])\}", username.metadata["pattern"]))
    return username.metadata["min"], username.metadata["max"], categories


def _characters() -> st.SearchStrategy[str]:
    # Hypothesis types categories as literals; these come from the service model.
    return st.characters(categories=limits()[2])  # type: ignore[arg-type]


@cache
def _of_each_class() -> st.SearchStrategy[str]:
    """Give every category the same chance: letters would crowd out the rest."""
    groups = [st.characters(categories=[group]) for group in limits()[2]]  # type: ignore[list-item]
    ascii_names = st.characters(codec="ascii", categories=limits()[2])  # type: ignore[arg-type]
    # Letters whose lower case is longer, shorter in bytes, or another letter's too.
    odd_cases = st.sampled_from("\u0130\u017f\u212a\u1e9e")
    return st.one_of(ascii_names, odd_cases, *groups)


def usernames(*, unlike: str = "") -> st.SearchStrategy[str]:
    """Draw usernames over all that Cognito admits: every class of characters, every length.

    Lengths are counted in code points; AWS does not say in what it counts.

    Args:
        unlike: what every name ends with, e.g. a number that keeps the names of a test apart.

    Source: UsernameType of the service model of cognito-idp.
    """
    shortest, longest, _ = limits()
    shortest, longest = max(shortest - len(unlike), 0), longest - len(unlike)
    plain = st.from_regex(rf"[a-z]{{{max(shortest, 1)},8}}", fullmatch=True)
    mixed = st.text(_of_each_class(), min_size=shortest, max_size=min(12, longest))
    extreme = st.builds(
        str.__mul__, _of_each_class(), st.sampled_from([max(shortest, 1), longest - 1, longest])
    )
    marked = st.builds(
        str.__add__, plain, st.text(st.characters(categories=["Mn", "Me"]), max_size=3)
    )
    drawn = st.one_of(plain, mixed, marked, extreme)
    return st.builds(str.__add__, drawn, st.just(unlike)) if unlike else drawn


def broken_usernames() -> st.SearchStrategy[str]:
    """Draw names that Cognito refuses: empty, too long, or with a space or a control character."""
    shortest, longest, categories = limits()
    name = st.text(_of_each_class(), max_size=6)
    # Not Cn: what this Python does not know may be a letter in a later Unicode. Cs is no text.
    others = [group for group in ("Z", "Cc", "Cf", "Co") if group not in categories]
    # Those that really come, by pasting and by attack, would hardly be met among all the others.
    pasted = st.sampled_from([" ", "\x00", "\n", "\xa0", "\u200b", "\ufeff"])
    outside = st.one_of(pasted, *(st.characters(categories=[group]) for group in others))  # type: ignore[list-item]
    return st.one_of(
        st.just("a" * (shortest - 1)),
        st.builds(str.__mul__, _characters(), st.integers(longest + 1, 2 * longest)),
        st.builds("{}{}{}".format, name, outside, name),
    )


@st.composite
def same_names(draw: st.DrawFn, name: str, settings: PoolSettings | None = None) -> str:  # noqa: D417 - draw is Hypothesis's
    """Draw a name that the pool takes for the same one; the name itself where it has no other.

    Args:
        name: a username or an address.
        settings: whether the pool tells case apart; None for the default pool, which does not.
    """
    if (settings or PoolSettings()).case_sensitive:
        return name
    spelt = "".join(draw(st.sampled_from(_cases(character))) for character in name)
    # Lower case depends on the neighbours of a Greek sigma, so the whole is compared as well.
    return spelt if spelt.lower() == name.lower() and len(spelt) <= limits()[1] else name


@cache
def _cases(character: str) -> list[str]:
    forms = {character, character.lower(), character.upper(), *_COMPATIBLE.get(character, ())}
    lowered = character.lower()
    return sorted({form for form in forms if len(form) == 1 and form.lower() == lowered})


# Signs that lower to a letter: the Kelvin, the Angstrom and the Ohm sign.
_COMPATIBLE = {"k": "\u212a", "\u00e5": "\u212b", "\u03c9": "\u2126"}


@st.composite
def lookalikes(draw: st.DrawFn, name: str) -> str:  # noqa: D417 - draw is Hypothesis's
    """Draw a name that looks like another and is not the same, in any pool.

    It may be composed anew (NFC, NFD, NFKC), hold letters of another script, or a mark more.

    Args:
        name: a username.
    """
    swapped = [name.replace(one, other, 1) for one, other in _LOOKALIKES.items() if one in name] + [
        name.replace(other, one, 1) for one, other in _LOOKALIKES.items() if other in name
    ]
    forms = [unicodedata.normalize(form, name) for form in ("NFC", "NFD", "NFKC")]
    marked = [name[:-1] + "\u0301", name + "\u0301"]
    found = [form for form in [*swapped, *forms, *marked] if _is_other(form, name)]
    return draw(st.sampled_from(found or [name[:-1] + ("a" if name[-1:] != "a" else "b")]))


def _is_other(form: str, name: str) -> bool:
    shortest, longest, categories = limits()
    return (
        shortest <= len(form) <= longest
        and form.lower() != name.lower()
        and all(unicodedata.category(character)[0] in categories for character in form)
    )
