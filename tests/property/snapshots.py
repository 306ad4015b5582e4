"""What is left of users in the two places that know them: the user pool and the database.

Reads all tables without knowing their meaning, and the pool as an administrator would.
"""

import functools
from dataclasses import dataclass
from typing import Any

from psycopg2.sql import SQL, Composed, Identifier, Literal

from apiproof.environment import Environment
from apiproof.postgres import Database
from apiproof.postgres.connection import ReconnectingConnection

Row = dict[str, str]


@dataclass(frozen=True)
class Traces:
    """A snapshot: every row by table and every account by username, all values as text.

    There are no tables while the database is away.
    """

    rows: dict[str, tuple[Row, ...]]
    accounts: dict[str, Row]

    def holds(self, text: str) -> bool:
        """Whether a text stands anywhere."""
        tables = [*self.rows.values(), tuple(self.accounts.values())]
        return any(text in value for rows in tables for row in rows for value in row.values())

    @property
    def orphans(self) -> frozenset[str]:
        """Accounts without a row and rows without an account, by sub."""
        subs = {account["sub"] for account in self.accounts.values()}
        return frozenset(subs ^ {row["sub"] for row in self.users})

    @property
    def users(self) -> tuple[Row, ...]:
        """The rows of users; a reservation is none yet."""
        return tuple(row for row in self.rows["users"] if row["reserved_until"] == "None")


def snapshots(env: Environment) -> Traces:
    """Look at both places."""
    return Traces(rows=_rows(env), accounts=_accounts(env))


def snapshots_without_database(env: Environment) -> Traces:
    """Look at the user pool alone."""
    return Traces(rows={}, accounts=_accounts(env))


def _rows(env: Environment) -> dict[str, tuple[Row, ...]]:
    connection = _connection(env.database.libpq_url)
    found: dict[str, list[Row]] = {}
    for table, row in connection.run(_query(env.database)):
        found.setdefault(table, [])
        if row is not None:
            found[table].append({name: str(value) for name, value in row.items()})
    return {table: tuple(rows) for table, rows in found.items()}


@functools.cache
def _connection(url: str) -> ReconnectingConnection:
    return ReconnectingConnection(url)


@functools.cache
def _query(database: Database) -> Composed:
    """Ask for every column of every table in one go, so that none can be forgotten."""
    parts = [
        SQL(
            "(SELECT {}, to_jsonb(t) FROM (SELECT 1) one LEFT JOIN {} t ON true ORDER BY t)"
        ).format(Literal(table), Identifier(table))
        for table in sorted(database.tables())
    ]
    return SQL(" UNION ALL ").join(parts)


def _accounts(env: Environment) -> dict[str, Row]:
    pages = env.aws.get_paginator("list_users").paginate(UserPoolId=env.cognito.user_pool_id)
    accounts = [_account(env, user) for page in pages for user in page["Users"]]
    return {account["name"]: account for account in accounts}


def _account(env: Environment, user: Any) -> Row:
    attributes = {item["Name"]: item["Value"] for item in user["Attributes"]}
    # Where addresses are usernames, Cognito's own name for an account is its sub.
    is_named_by_address = "UsernameAttributes" in env.service.pool
    return {
        "name": attributes["email"] if is_named_by_address else user["Username"],
        "status": user["UserStatus"],
        "enabled": str(user["Enabled"]),
        **attributes,
    }
