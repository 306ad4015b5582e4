"""A process that ends without taking its objects apart, one by one.

There are a million of them where Schemathesis and moto are loaded: half a second for nothing, since
the memory goes with the process.
"""

import atexit
import os
import sys
from typing import Final

_UNWRITTEN: Final = 120  # Python's own exit code where what was printed cannot be written


class QuickEnd:
    """Ends the process once all else that was registered for its end is done.

    Attributes:
        code: the exit code; a traceback's until another is known.
    """

    def __init__(self) -> None:
        self.code = 1

    def prepare(self) -> None:
        """Be the last that is called at the end of the process; not where others want to be.

        Call it before anything is imported that registers something, too.
        """
        if not atexit._ncallbacks():  # noqa: SLF001  # else a measurement of coverage, say
            atexit.register(self)

    def __call__(self) -> None:
        """End the process."""
        try:
            sys.stdout.flush()
            sys.stderr.flush()
        except (OSError, ValueError):
            self.code = self.code or _UNWRITTEN
        os._exit(self.code)
