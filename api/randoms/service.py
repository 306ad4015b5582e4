"""The rules of random numbers: within their bounds, and only for their owner.

Every query names the owner, so that someone else's item is no different from none.
"""

import secrets

import sqlalchemy as sa
from sqlalchemy.exc import IntegrityError
from sqlmodel import Session, col, select
from sqlmodel.sql.expression import SelectOfScalar

from api.errors import BoundsConflict, RandomNotFound, TokenInvalid
from api.randoms.models import RandomItem
from api.randoms.schemas import RandomCreate, RandomPublic, RandomUpdate
from api.sqlstate import FOREIGN_KEY_VIOLATION, sqlstate
from api.types import utc_now

# Statements are built once: building one takes longer than sending it.
_IS_OWNED = col(RandomItem.owner_id) == sa.bindparam("owner_id")
_ITEM = select(RandomItem).where(_IS_OWNED, col(RandomItem.id) == sa.bindparam("item_id"))
_LOCKED_ITEM = _ITEM.with_for_update()
# Of plain columns: a page of objects that could be changed takes twice as long.
_COLUMNS = [name for name in RandomItem.model_fields if name in RandomPublic.model_fields]
_PAGE = (
    sa.select(*(getattr(RandomItem, name) for name in _COLUMNS))
    .where(_IS_OWNED)
    .order_by(col(RandomItem.id))
    .offset(sa.bindparam("offset"))
    .limit(sa.bindparam("limit"))
)


def list_items(db: Session, owner_id: int, offset: int, limit: int) -> list[RandomPublic]:
    """List an owner's items in the order in which they were made.

    Args:
        db: the request's transaction.
        owner_id: whose.
        offset: how many to leave out.
        limit: how many at most.
    """
    page = {"owner_id": owner_id, "offset": offset, "limit": limit}
    rows = db.connection().execute(_PAGE, page)
    return [RandomPublic(**dict(zip(_COLUMNS, row, strict=True))) for row in rows]


def create_item(db: Session, owner_id: int, bounds: RandomCreate) -> RandomItem:
    """Draw a number and keep it.

    Args:
        db: the request's transaction.
        owner_id: whose it will be.
        bounds: both included.

    Raises:
        BoundsConflict
        TokenInvalid: the owner has been deleted meanwhile.
    """
    now = utc_now()
    item = RandomItem(
        owner_id=owner_id,
        min_value=bounds.min_value,
        max_value=bounds.max_value,
        num=_draw(bounds.min_value, bounds.max_value),
        created_at=now,
        updated_at=now,
    )
    db.add(item)
    try:
        db.flush()
    except IntegrityError as error:
        if sqlstate(error) == FOREIGN_KEY_VIOLATION:
            raise TokenInvalid from None
        raise
    return item


def find_item(db: Session, owner_id: int, item_id: int) -> RandomItem:
    """Find an owner's item.

    Args:
        db: the request's transaction.
        owner_id: whose.
        item_id: which.

    Raises:
        RandomNotFound
    """
    return _only(db, _ITEM, owner_id, item_id)


def update_item(db: Session, owner_id: int, item_id: int, update: RandomUpdate) -> RandomItem:
    """Change bounds; the number is drawn anew only when it no longer lies within them.

    Args:
        db: the request's transaction.
        owner_id: whose.
        item_id: which.
        update: the bounds to change.

    Raises:
        RandomNotFound, BoundsConflict
    """
    # Locked: two updates at once must not leave bounds that neither of them checked.
    item = _only(db, _LOCKED_ITEM, owner_id, item_id)
    for name, value in update.model_dump(exclude_unset=True).items():
        setattr(item, name, value)
    if not item.min_value <= item.num <= item.max_value:
        item.num = _draw(item.min_value, item.max_value)
    db.add(item)
    db.flush()
    return item


def delete_item(db: Session, owner_id: int, item_id: int) -> None:
    """Remove an owner's item.

    Args:
        db: the request's transaction.
        owner_id: whose.
        item_id: which.

    Raises:
        RandomNotFound
    """
    db.delete(_only(db, _LOCKED_ITEM, owner_id, item_id))


def _only(
    db: Session, query: SelectOfScalar[RandomItem], owner_id: int, item_id: int
) -> RandomItem:
    item = db.exec(query, params={"owner_id": owner_id, "item_id": item_id}).one_or_none()
    if item is None:
        raise RandomNotFound
    return item


def _draw(low: int, high: int) -> int:
    if low > high:
        raise BoundsConflict
    return low + secrets.randbelow(high - low + 1)
