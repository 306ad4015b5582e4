"""`python -m api.admin disable | enable USERNAME`: for operators.

A disabled user's tokens still verify offline until they expire, so the row says that the account is
disabled, too.
"""

import argparse
import sys
from collections.abc import Callable, Sequence
from unicodedata import category

from sqlalchemy.exc import ProgrammingError
from sqlmodel import Session, col, select

from api.dependencies import AppState
from api.errors import ApiError, UserNotFound
from api.identity.protocols import IdentityProvider
from api.logging import configure_logs
from api.settings import SettingsInvalid, read_settings
from api.transactions import Transactions
from api.types import case_key, utc_now
from api.users.auth import end_sessions
from api.users.models import LONGEST_USERNAME, User

# Cognito's UsernameType: letters, marks, symbols, numbers and punctuation, none of these.
_NO_NAME = frozenset({"Cc", "Cf", "Cn", "Co", "Cs", "Zl", "Zp", "Zs"})


def disable(
    database: Transactions,
    identity: IdentityProvider,
    username: str,
    cutoff: Callable[[], int],
) -> None:
    """Shut an account: no sign-in, and all its tokens are refused at once.

    Cognito first: should it fail, nothing has changed, and should the rest fail, run it again. An
    account that has no row here, whose user never logged in, is shut at Cognito.

    Args:
        database: where the row is.
        identity: where the account is.
        username: its case does not matter.
        cutoff: tells up to when opened sessions end, in epoch seconds, if they end now; they stay
            shut when the account opens again.

    Raises:
        UserNotFound
    """
    name = _exact_name(database, identity, username)
    identity.set_enabled(name, enabled=False)
    identity.sign_out_account(name)
    with database.begin() as db:
        user = _find(db, username)
        if user is not None:
            user.disabled_at = user.disabled_at or utc_now()
            end_sessions(db, user, cutoff())


def enable(database: Transactions, identity: IdentityProvider, username: str) -> None:
    """Open an account again; the user has to log in.

    Args:
        database: where the row is.
        identity: where the account is.
        username: its case does not matter.

    Raises:
        UserNotFound
    """
    # Cognito first: the row of an account that is still shut there must not say that it is open.
    identity.set_enabled(_exact_name(database, identity, username), enabled=True)
    with database.begin() as db:
        user = _find(db, username)
        if user is not None:
            user.disabled_at = None
            db.add(user)


def _find(db: Session, username: str) -> User | None:
    key = case_key(username)
    named = select(User).where(col(User.username_key) == key, col(User.reserved_until).is_(None))
    return db.exec(named.with_for_update()).one_or_none()


def _exact_name(database: Transactions, identity: IdentityProvider, username: str) -> str:
    """The name as it was given at the sign-up; never one that is found by its `sub`.

    Raises:
        UserNotFound
    """
    if not 0 < len(username) <= LONGEST_USERNAME or _NO_NAME.intersection(map(category, username)):
        raise UserNotFound
    with database.begin() as db:
        user = _find(db, username)
    if user is not None:
        return user.username
    account = identity.find_account(username)
    if account is None or case_key(account.username) != case_key(username):
        raise UserNotFound
    return account.username


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command on the deployment of the settings.

    Args:
        arguments: of the command line.
    """
    parser = argparse.ArgumentParser(
        prog="python -m api.admin",
        description="Shut a user's account at once, tokens included, or open it again.",
        epilog="Settings are those of the service: the environment or .env. "
        "Exit code 2, and one line: nothing was done, or not all of it; run it again.",
    )
    parser.add_argument("command", choices=("disable", "enable"))
    parser.add_argument("username", help="as at the sign-up; its case does not matter")
    options = parser.parse_args(arguments)
    try:
        state = AppState.build(read_settings())
        if options.command == "disable":
            disable(state.database, state.identity, options.username, state.sign_out_cutoff)
        else:
            enable(state.database, state.identity, options.username)
    except SettingsInvalid as error:
        return _fail(str(error))
    except ApiError as error:
        return _fail(f"Cannot {options.command} {options.username!r}: {error.detail}.")
    except ProgrammingError as error:
        reason = type(error.orig).__name__
        return _fail(f"The database is not that of this version ({reason}): is it migrated?")
    return 0


def _fail(text: str) -> int:
    print(text, file=sys.stderr)  # noqa: T201 - the command's answer
    return 2


if __name__ == "__main__":
    configure_logs("WARNING")
    sys.exit(main())
