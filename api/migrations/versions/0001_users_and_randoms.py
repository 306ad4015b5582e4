"""Users, the sessions that outlive a sign-out, and random items."""

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Apply."""
    op.create_table(
        "users",
        sa.Column("id", sa.Integer(), primary_key=True),
        sa.Column("sub", sa.String(255), nullable=False, unique=True),
        sa.Column("username", sa.String(128), nullable=False),
        sa.Column("username_key", sa.String(256), nullable=False, unique=True),
        sa.Column("email", sa.String(254), nullable=False),
        sa.Column("email_key", sa.String(508), nullable=False, unique=True),
        sa.Column("full_name", sa.String(255)),
        sa.Column("signed_out_at", sa.BigInteger()),
        sa.Column("disabled_at", sa.DateTime(timezone=True)),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
    )
    op.create_table(
        "kept_sessions",
        sa.Column(
            "user_id", sa.Integer(), sa.ForeignKey("users.id", ondelete="CASCADE"), primary_key=True
        ),
        sa.Column("session_id", sa.String(256), primary_key=True),
    )
    op.create_table(
        "random_items",
        sa.Column("id", sa.Integer(), primary_key=True),
        sa.Column(
            "owner_id", sa.Integer(), sa.ForeignKey("users.id", ondelete="CASCADE"), nullable=False
        ),
        sa.Column("min_value", sa.Integer(), nullable=False),
        sa.Column("max_value", sa.Integer(), nullable=False),
        sa.Column("num", sa.Integer(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint(
            "min_value <= num AND num <= max_value", name="random_items_num_in_bounds"
        ),
    )
    op.create_index("random_items_page", "random_items", ["owner_id", "id"])


def downgrade() -> None:
    """Take back."""
    op.drop_table("random_items")
    op.drop_table("kept_sessions")
    op.drop_table("users")
