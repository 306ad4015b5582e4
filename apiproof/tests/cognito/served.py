"""What is asked of an emulator that `apiproof cognito` serves."""

from collections.abc import Mapping
from typing import Any

import boto3
from botocore.config import Config


def client_of(ready: Mapping[str, Any]) -> Any:
    """Return a client of the emulator that a ready file describes; it asks once."""
    return boto3.client(
        "cognito-idp",
        endpoint_url=ready["endpoint_url"],
        region_name=ready["region"],
        aws_access_key_id="x",
        aws_secret_access_key="x",
        config=Config(retries={"total_max_attempts": 1}),
    )
