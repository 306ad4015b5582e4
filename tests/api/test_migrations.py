import os
import subprocess
import sys
from pathlib import Path

import pytest
from alembic import command
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy import Engine, create_engine, inspect
from sqlalchemy.pool import NullPool
from sqlmodel import SQLModel

from api.migrations import configuration, upgrade
from api.settings import psycopg2_url
from apiproof.postgres import Database

ROOT = Path(__file__).parents[2]


@pytest.fixture
def engine(database: Database) -> Engine:
    return create_engine(psycopg2_url(database.url), poolclass=NullPool)


def test_migrations_build_what_the_models_say(database: Database, engine: Engine) -> None:
    upgrade(database.url)
    with engine.connect() as connection:
        context = MigrationContext.configure(connection, opts={"compare_type": True})
        assert compare_metadata(context, SQLModel.metadata) == []


def test_a_database_that_is_up_to_date_stays_as_it_is(database: Database, engine: Engine) -> None:
    upgrade(database.url)
    before = inspect(engine).get_table_names()
    upgrade(database.url)
    assert sorted(inspect(engine).get_table_names()) == sorted(before)
    assert {"users", "kept_sessions", "random_items"} <= set(before)


def test_a_migration_can_be_taken_back(database: Database, engine: Engine) -> None:
    upgrade(database.url)
    with engine.begin() as connection:
        command.downgrade(configuration(connection), "base")
    assert inspect(engine).get_table_names() == ["alembic_version"]


def alembic(*arguments: str, database_url: str) -> "subprocess.CompletedProcess[str]":
    """Run Alembic's own command line, as a deployment does."""
    return subprocess.run(  # noqa: S603  # our own command
        [sys.executable, "-m", "alembic", *arguments],
        cwd=ROOT,
        env={**os.environ, "DATABASE_URL": database_url},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )


def test_check_tells_an_outdated_database(database: Database) -> None:
    outdated = alembic("check", database_url=database.url)
    assert outdated.returncode != 0
    assert "not up to date" in outdated.stderr + outdated.stdout
    assert alembic("upgrade", "head", database_url=database.url).returncode == 0
    assert alembic("check", database_url=database.url).returncode == 0


def test_an_unreachable_database_is_one_line() -> None:
    ended = alembic("upgrade", "head", database_url="postgresql://ada:hidden@127.0.0.1:1/numbers")
    assert ended.returncode == 2
    assert ended.stderr.startswith("Migration failed:")
    assert ended.stderr.count("\n") == 1
    assert "hidden" not in ended.stderr
