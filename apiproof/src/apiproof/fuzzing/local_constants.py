"""The constants of a project's sources, which Hypothesis draws among others: the same in all runs.

Hypothesis looks for them in the modules that are loaded when it draws, so the same seed draws other
values where one is loaded sooner or later: in a process that was forked, say. Here they are those
of the modules that are loaded when a run begins. The kit's own are none of a project's: where it is
installed as usual, Hypothesis leaves them out, too.

Source: hypothesis 6.170, internal/conjecture/providers.py. Where one of the names is gone nothing
is changed; apiproof/tests/fuzzing/test_local_constants.py says so.
"""

import contextlib
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final

from hypothesis.internal.conjecture import providers

SEAM: Final = "_get_local_constants"
_CHOICE: Final = "is_local_module_file"
_KIT: Final = str(Path(__file__).parent.parent)


def has_seam() -> bool:
    """Tell whether this Hypothesis finds constants as is expected here."""
    return hasattr(providers, SEAM) and hasattr(providers, _CHOICE)


def read_constants() -> Any:
    """Return those of the modules that are loaded now; a forked process need not read them."""
    original = getattr(providers, _CHOICE)
    setattr(providers, _CHOICE, lambda path: not path.startswith(_KIT) and original(path))
    try:
        return getattr(providers, SEAM)()
    finally:
        setattr(providers, _CHOICE, original)


@contextlib.contextmanager
def fixed_constants() -> Iterator[None]:
    """Let modules that are loaded within the block change nothing of what is drawn."""
    if not has_seam():
        yield
        return
    original, found = getattr(providers, SEAM), read_constants()
    setattr(providers, SEAM, lambda: found)
    try:
        yield
    finally:
        setattr(providers, SEAM, original)
