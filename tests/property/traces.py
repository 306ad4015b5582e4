"""What is left of users in the two places that know them: the user pool and the database.

Reads all tables without knowing their meaning, and the pool as an administrator would.
"""

from dataclasses import dataclass

import psycopg2
import psycopg2.extensions
from psycopg2.sql import SQL, Identifier

from understudy.world import World

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
        return frozenset(subs ^ {row["sub"] for row in self.rows["users"]})


def traces(world: World) -> Traces:
    """Look at both places."""
    return Traces(rows=_rows(world), accounts=_accounts(world))


def traces_without_database(world: World) -> Traces:
    """Look at the user pool alone."""
    return Traces(rows={}, accounts=_accounts(world))


def _rows(world: World) -> dict[str, tuple[Row, ...]]:
    connection = psycopg2.connect(world.database.libpq_url)
    try:
        with connection, connection.cursor() as cursor:
            return {table: _table(cursor, table) for table in world.database.tables()}
    finally:
        connection.close()


def _table(cursor: psycopg2.extensions.cursor, name: str) -> tuple[Row, ...]:
    # Every column, so that none can be forgotten.
    cursor.execute(SQL("SELECT * FROM {} ORDER BY 1").format(Identifier(name)))
    columns = [column.name for column in cursor.description or ()]
    return tuple(dict(zip(columns, map(str, values), strict=True)) for values in cursor.fetchall())


def _accounts(world: World) -> dict[str, Row]:
    pages = world.aws.get_paginator("list_users").paginate(UserPoolId=world.cognito.user_pool_id)
    return {
        user["Username"]: {
            "name": user["Username"],
            "status": user["UserStatus"],
            "enabled": str(user["Enabled"]),
            **{item["Name"]: item["Value"] for item in user["Attributes"]},
        }
        for page in pages
        for user in page["Users"]
    }
