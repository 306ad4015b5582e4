"""What apiproof is told about this service; `apiproof init` wrote it, the pool is by hand."""

from apiproof.service import Service

SERVICE = Service(
    "lists_api.main:app",
    variables={
        "AWS_REGION": "{region}",
        "USER_POOL_ID": "{user_pool_id}",
        "CLIENT_ID": "{client_id}",
        "DATABASE_URL": "{database_plain_url}",
    },
    region="eu-central-1",
    pool={"UsernameAttributes": ["email"]},  # by hand, as the region
    pool_client={"GenerateSecret": False},
    token="id",  # it refuses access tokens
)
