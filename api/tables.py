"""All tables of the service, for migrations and their check.

Must not know what is in them.
"""

from sqlmodel import SQLModel

import api.randoms.models
import api.users.models  # noqa: F401 - both register their tables

METADATA = SQLModel.metadata
