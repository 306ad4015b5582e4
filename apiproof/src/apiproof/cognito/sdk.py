"""boto3 clients for tests: no retries, short time-outs, credentials that open nothing.

It knows where a stand-in is, and nothing of its pools.
"""

from typing import Any

import boto3
from botocore.config import Config


def make_client(region: str, endpoint_url: str | None, config: Config | None = None) -> Any:
    """Make a cognito-idp client.

    Args:
        region: the AWS region.
        endpoint_url: where to call; None for AWS, which a stand-in in this process answers for.
        config: changes retries, time-outs and the like.
    """
    cautious = Config(
        retries={"total_max_attempts": 1},
        connect_timeout=2,
        read_timeout=2,
        max_pool_connections=50,
    )
    return boto3.client(
        "cognito-idp",
        region_name=region,
        endpoint_url=endpoint_url,
        aws_access_key_id="apiproof",
        aws_secret_access_key="apiproof",  # noqa: S106 - nothing checks it
        config=cautious.merge(config) if config is not None else cautious,
    )
