"""What an application expects in AWS's other services: its buckets, by the variables' names."""

import re
from collections.abc import Iterable, Iterator, Mapping

import boto3

_CLIENT = re.compile(
    r"\b(?:client|resource)\((?:\s|#.*\n)*(?:service_name\s*=\s*)?[\"']([a-z0-9-]+)[\"']"
)
_COGNITO = {"cognito-idp", "cognito-identity"}


def called_services(source: str) -> list[str]:
    """Return the services that code makes boto3 clients for, without Cognito."""
    return [name for name in dict.fromkeys(_CLIENT.findall(source)) if name not in _COGNITO]


def buckets(variables: Iterable[str], examples: Mapping[str, str]) -> dict[str, str]:
    """Return the names of buckets by the variable that holds them: of its example, or invented.

    Args:
        variables: All that the application reads.
        examples: The values that an example of an env file gives.
    """
    named = [name for name in variables if re.fullmatch(r"(.*_)?BUCKET(_?NAME|_.*)?", name.upper())]
    return {name: examples.get(name) or name.lower().replace("_", "-") for name in named}


def make_buckets(names: Iterable[str]) -> None:
    """Make buckets where the environment answers for S3."""
    for name in names:
        boto3.client("s3", region_name="us-east-1").create_bucket(Bucket=name)


def function(found: Mapping[str, str]) -> Iterator[str]:
    """Yield the function of a service file that makes them.

    Args:
        found: As `buckets` has them.
    """
    yield from ("", "", "def prepare_aws(config: EnvironmentConfig) -> None:")
    yield '    """Make what the application expects; the S3 that it reaches is moto\'s."""'
    yield '    s3 = boto3.client("s3", region_name="us-east-1")'
    for name in found:
        yield f'    s3.create_bucket(Bucket=os.environ["{name}"])'
