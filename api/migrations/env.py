"""Alembic's entry: runs migrations on the connection that api.migrations hands over."""

from alembic import context

from api.tables import METADATA

context.configure(connection=context.config.attributes["connection"], target_metadata=METADATA)
with context.begin_transaction():
    context.run_migrations()
