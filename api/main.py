"""The service as ASGI servers load it: `uvicorn api.main:app`.

The only module with an effect at import.
"""

import sys

from api.app import create_app
from api.logging import adopt_library_logs, configure_logs
from api.protocol import use_all_open_files
from api.settings import SettingsInvalid, read_settings

try:
    _settings = read_settings()
except SettingsInvalid as error:
    print(error, file=sys.stderr)  # noqa: T201 - logs are not set up yet
    raise SystemExit(2) from None

configure_logs(_settings.log_level)
adopt_library_logs(_settings.log_level)
use_all_open_files()
app = create_app(_settings)
