"""The root of the errors that a user can put right; it knows nothing else."""

from typing import Final

UNREADABLE: Final = (OSError, ValueError, RecursionError)
"""What reading a user's file may raise: it is missing, no text, no JSON, or nested too deeply."""


class UserError(Exception):
    """Something is missing or wrong on the user's side.

    Its text is one line that says what was expected, where, and what to do next; the command line
    prints it without a traceback and exits with 2.
    """
