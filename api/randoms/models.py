"""The table of random numbers.

Must not know HTTP or rules.
"""

from datetime import UTC, datetime

from sqlalchemy import CheckConstraint, Column, DateTime, ForeignKey, Index
from sqlmodel import Field, SQLModel


def utc_now() -> datetime:
    """The time, with its zone."""
    return datetime.now(UTC)


class RandomItem(SQLModel, table=True):
    """A number drawn between two bounds, both included."""

    __tablename__ = "random_items"
    __table_args__ = (
        CheckConstraint("min_value <= num AND num <= max_value", name="random_items_num_in_bounds"),
        Index("random_items_page", "owner_id", "id"),
    )

    id: int | None = Field(default=None, primary_key=True)
    owner_id: int = Field(
        sa_column=Column(ForeignKey("users.id", ondelete="CASCADE"), nullable=False)
    )
    min_value: int
    max_value: int
    num: int
    created_at: datetime = Field(
        default_factory=utc_now, sa_column=Column(DateTime(timezone=True), nullable=False)
    )
    updated_at: datetime = Field(
        default_factory=utc_now,
        sa_column=Column(DateTime(timezone=True), nullable=False, onupdate=utc_now),
    )
