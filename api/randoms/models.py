"""The table of random numbers."""

from datetime import datetime

from sqlalchemy import CheckConstraint, DateTime, Index
from sqlmodel import Field, SQLModel

from api.types import utc_now


class RandomItem(SQLModel, table=True):
    """A number drawn between two bounds, both included."""

    __tablename__ = "random_items"
    __table_args__ = (
        CheckConstraint("min_value <= num AND num <= max_value", name="random_items_num_in_bounds"),
        Index("random_items_page", "owner_id", "id"),
    )

    # The database gives it when the row is flushed.
    id: int = Field(default=None, primary_key=True)
    owner_id: int = Field(foreign_key="users.id", ondelete="CASCADE")
    min_value: int
    max_value: int
    num: int
    created_at: datetime = Field(default_factory=utc_now, sa_type=DateTime(timezone=True))
    updated_at: datetime = Field(
        default_factory=utc_now,
        sa_type=DateTime(timezone=True),
        sa_column_kwargs={"onupdate": utc_now},
    )
