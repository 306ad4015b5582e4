"""What a database holds by its catalogue: tables and sequences, how to count and to wipe them.

It knows SQL and the catalogue, and nothing of what the tables mean.
"""

from psycopg2.sql import SQL, Composable, Identifier, Literal

from apiproof.postgres.connection import ReconnectingConnection

KEPT = "alembic_version"  # the version of the schema is part of the schema
# Changes whenever a table or sequence is added or dropped.
FINGERPRINT = (
    "SELECT count(*), max(oid::int8) FROM pg_catalog.pg_class WHERE relkind IN ('r', 'p', 'S')"
)
TABLES = r"""
SELECT n.nspname, c.relname FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
WHERE c.relkind IN ('r', 'p') AND NOT c.relispartition AND c.relname <> %s
AND n.nspname <> 'information_schema' AND n.nspname !~ '^pg_' ORDER BY 1, 2
"""
SEQUENCES = "SELECT format('%I.%I', schemaname, sequencename), start_value FROM pg_sequences"

Table = tuple[str, str]  # schema, name


def tables_of(connection: ReconnectingConnection) -> list[Table]:
    """Return the tables of a database but Alembic's, ordered by name."""
    return [(schema, name) for schema, name in connection.run(TABLES, (KEPT,))]


def row_counts(connection: ReconnectingConnection, tables: list[Table]) -> dict[str, int]:
    """Count the rows of tables, in one snapshot."""
    if not tables:
        return {}
    counts = [
        SQL("SELECT {}, count(*) FROM {}").format(
            Literal(name if schema == "public" else f"{schema}.{name}"), Identifier(schema, name)
        )
        for schema, name in tables
    ]
    return dict(connection.run(SQL(" UNION ALL ").join(counts)))


def wiping(connection: ReconnectingConnection) -> str:
    """Return the statement that empties the database and then selects its fingerprint."""
    statements: list[Composable] = []
    # One statement, so that foreign keys are looked at when all rows are gone, in whatever order.
    deletions = [
        SQL("t{} AS (DELETE FROM {})").format(Literal(number), Identifier(*table))
        for number, table in enumerate(tables_of(connection))
    ]
    if deletions:
        statements.append(SQL("WITH {} SELECT").format(SQL(", ").join(deletions)))
    restarts = [
        SQL("setval({}, {}, false)").format(Literal(name), Literal(start))
        for name, start in connection.run(SEQUENCES)
    ]
    if restarts:
        statements.append(SQL("SELECT {}").format(SQL(", ").join(restarts)))
    return connection.text(SQL("; ").join([*statements, SQL(FINGERPRINT)]))
