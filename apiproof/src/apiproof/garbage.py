"""When Python looks for garbage: seldom, and never among what a process has imported.

A process that has this stack in it holds a million objects. Each full collection goes through them
all, and copies their memory into every process that was forked: 15 % of a fuzzing shard's time.
"""

import gc
from typing import Final

_AFTER: Final = (20_000, 20, 20)  # new objects; collections of the young; of the middle generation


def freeze() -> None:
    """Take all objects of now for lasting, and collect the later ones less often."""
    gc.freeze()
    gc.set_threshold(*_AFTER)
