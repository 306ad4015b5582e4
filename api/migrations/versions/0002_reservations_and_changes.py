"""Sign-ups that are under way, resets without an outcome, and when credentials changed."""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Apply."""
    op.add_column("users", sa.Column("reset_begun_at", sa.BigInteger()))
    op.add_column("users", sa.Column("credentials_changed_at", sa.DateTime(timezone=True)))
    op.add_column("users", sa.Column("reserved_until", sa.DateTime(timezone=True)))


def downgrade() -> None:
    """Take back; sign-ups that are under way are given up."""
    op.execute("DELETE FROM users WHERE reserved_until IS NOT NULL")
    op.drop_column("users", "reserved_until")
    op.drop_column("users", "credentials_changed_at")
    op.drop_column("users", "reset_begun_at")
