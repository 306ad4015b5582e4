"""How many password resets of a user have no outcome yet."""

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Apply; a reset that has no outcome is one."""
    op.add_column(
        "users", sa.Column("resets_open", sa.Integer(), nullable=False, server_default="0")
    )
    op.execute("UPDATE users SET resets_open = 1 WHERE reset_begun_at IS NOT NULL")


def downgrade() -> None:
    """Take back."""
    op.drop_column("users", "resets_open")
