"""Other services of AWS: unchanged code calls them at AWS's addresses, and nothing leaves."""

import contextlib
import sys
from collections.abc import Iterator
from pathlib import Path

import boto3
import pytest

from apiproof.environment import Environment
from apiproof.http.child.public_hosts import is_cognito, is_public
from apiproof.service import EnvironmentConfig, Service

APP = """
import boto3, urllib.request
from botocore.exceptions import ClientError
from fastapi import FastAPI, HTTPException

app = FastAPI()
s3 = boto3.client("s3")
table = boto3.resource("dynamodb").Table("notes")


@app.put("/notes/{name}")
def put(name: str):
    s3.put_object(Bucket="texts", Key=f"a b/{name}", Body=b"\\x00\\xff" * 5)
    table.put_item(Item={"name": name, "size": 10})
    sqs = boto3.client("sqs")
    url = sqs.get_queue_url(QueueName="news")["QueueUrl"]
    return {"message": sqs.send_message(QueueUrl=url, MessageBody=name)["MessageId"]}


@app.get("/notes/{name}")
def get(name: str):
    found = table.get_item(Key={"name": name}).get("Item")
    if found is None:
        raise HTTPException(404)
    place = {"Bucket": "texts", "Key": f"a b/{name}"}
    link = s3.generate_presigned_url("get_object", Params=place)
    return {
        "size": int(found["size"]),
        "head": s3.head_object(**place)["ContentLength"],
        "linked": len(urllib.request.urlopen(link).read()),
        "listed": [each["Key"] for each in s3.list_objects_v2(Bucket="texts")["Contents"]],
    }


@app.get("/elsewhere")
def elsewhere():
    try:
        boto3.client("chime").list_accounts()
    except ClientError as error:
        return error.response["ResponseMetadata"]
"""


def prepare_aws(config: EnvironmentConfig) -> None:
    boto3.client("s3", region_name="us-east-1").create_bucket(Bucket="texts")
    boto3.client("sqs", region_name=config.region).create_queue(QueueName="news")
    boto3.client("dynamodb", region_name=config.region).create_table(
        TableName="notes",
        KeySchema=[{"AttributeName": "name", "KeyType": "HASH"}],
        AttributeDefinitions=[{"AttributeName": "name", "AttributeType": "S"}],
        BillingMode="PAY_PER_REQUEST",
    )


@pytest.fixture(scope="module")
def env(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Environment]:
    folder = tmp_path_factory.mktemp("stored")
    (folder / "stored.py").write_text(APP, encoding="utf-8")
    service = Service(
        "stored:app", name="x", python=Path(sys.executable), database=False, region="eu-west-1",
        prepare_aws=prepare_aws,
    )  # fmt: skip
    with contextlib.chdir(folder), Environment.open(service) as env:
        yield env


def test_unchanged_code_stores_and_reads_until_all_is_reset(env: Environment) -> None:
    for name in ("a", "b"):
        assert env.client.request("PUT", f"/notes/{name}").status_code == 200
    got = env.client.request("GET", "/notes/a").json()
    assert got == {"size": 10, "head": 10, "linked": 10, "listed": ["a b/a", "a b/b"]}
    env.reset()
    assert env.client.request("GET", "/notes/a").status_code == 404
    assert env.client.request("PUT", "/notes/a").status_code == 200  # what it expects is there


def test_what_moto_does_not_have_is_refused_at_the_first_attempt(env: Environment) -> None:
    answer = env.client.request("GET", "/elsewhere").json()
    assert (answer["HTTPStatusCode"], answer["RetryAttempts"]) == (404, 0)


@pytest.mark.parametrize(
    ("host", "is_ours"),
    [
        ("s3.amazonaws.com", True),
        ("my.bucket.s3.eu-west-1.amazonaws.com", True),
        (b"dynamodb.eu-west-1.api.aws", True),
        ("bedrock-runtime.us-east-1.amazonaws.com.", True),
        ("db.abc.eu-west-1.rds.amazonaws.com", False),
        ("abc.execute-api.eu-west-1.amazonaws.com", False),
        ("lb-1.eu-west-1.elb.amazonaws.com", False),
        ("ec2-1-2-3-4.compute-1.amazonaws.com", False),
        ("amazonaws.com.example.org", False),
        (None, False),
    ],
)
def test_machines_of_customers_are_reached_as_before(host: object, is_ours: bool) -> None:  # noqa: FBT001
    assert is_public(host) is is_ours
    assert not is_cognito(host)
