"""A small schema with everything that makes wiping hard; it stands for a project's migrations."""

import psycopg2

SCHEMA = """
CREATE TABLE alembic_version (version_num text PRIMARY KEY);
INSERT INTO alembic_version VALUES ('0001');
CREATE TABLE users (id serial PRIMARY KEY, email text UNIQUE);
CREATE TABLE "Odd ""name%s" (
    id int GENERATED ALWAYS AS IDENTITY (START WITH 100),
    user_id int NOT NULL REFERENCES users ON DELETE RESTRICT
);
CREATE TABLE trees (id int PRIMARY KEY, parent int REFERENCES trees, owner int REFERENCES users);
CREATE SCHEMA side;
CREATE TABLE side.notes (user_id int REFERENCES public.users ON DELETE CASCADE);
CREATE TABLE events (day int, user_id int REFERENCES users) PARTITION BY LIST (day);
CREATE TABLE events_monday PARTITION OF events FOR VALUES IN (1);
"""
ROWS = """
INSERT INTO users (email) VALUES ('ford@example.com'), ('zaphod@example.com');
INSERT INTO "Odd ""name%s" (user_id) SELECT id FROM users;
INSERT INTO trees SELECT 1, NULL, max(id) FROM users;
INSERT INTO trees SELECT 2, 1, max(id) FROM users;
INSERT INTO side.notes SELECT id FROM users;
INSERT INTO events SELECT 1, id FROM users;
"""
EMPTY = {"users": 0, 'Odd "name%s': 0, "trees": 0, "side.notes": 0, "events": 0}
FULL = {"users": 2, 'Odd "name%s': 2, "trees": 2, "side.notes": 2, "events": 2}


def execute(url: str, *statements: str) -> list[tuple[object, ...]]:
    """Run statements on a connection of their own and return the last one's rows."""
    connection = psycopg2.connect(url.replace("+psycopg2", ""))
    try:
        connection.autocommit = True
        with connection.cursor() as cursor:
            for statement in statements:
                cursor.execute(statement)
            return cursor.fetchall() if cursor.description else []
    finally:
        connection.close()


def migrate(url: str) -> None:
    """Bring a database to the newest schema."""
    execute(url, SCHEMA)
