"""Runs one script of operations with boto3 and prints what came of each step.

    python crosscheck.py URL     against the server at URL
    python crosscheck.py moto    against moto's server, started here

Each line is a step and its answer in JSON, less what differs from run to run.
"""

import datetime
import json
import re
import sys

import boto3
from botocore.config import Config
from botocore.exceptions import ClientError

V1, V2, V3, V4 = (f"00000000-0000-4000-8000-00000000000{n}" for n in (1, 2, 3, 4))


def plain(value):
    """value without the ends of ARNs, dates and tokens, bytes as text."""
    if isinstance(value, dict):
        return {k: plain(v) for k, v in value.items() if k != "ResponseMetadata" and v is not None}
    if isinstance(value, list):
        return [plain(v) for v in value]
    if isinstance(value, datetime.datetime):
        if value.astimezone(datetime.timezone.utc).time() == datetime.time():
            return "at midnight"
        days = (value - datetime.datetime.now(datetime.timezone.utc)).total_seconds() / 86400
        return f"in {round(days)} days"
    if isinstance(value, bytes):
        return value.decode("latin-1")
    if isinstance(value, str):
        return re.sub(r"(:secret:[\w/]+)-[A-Za-z0-9]{6}\b", r"\1-??????", value)
    return value


def main(url):
    client = boto3.client(
        "secretsmanager", endpoint_url=url, region_name="us-east-1",
        aws_access_key_id="AKIDPYTHON", aws_secret_access_key="x",
        config=Config(retries={"max_attempts": 1}),
    )

    def step(name, operation, only=None, **arguments):
        try:
            out = getattr(client, operation)(**arguments)
            shown = plain(out)
            if only:
                shown = {k: shown[k] for k in only.split() if k in shown}
        except ClientError as e:
            out, shown = {}, {"error": e.response["Error"]["Code"], "message": plain(e.response["Error"]["Message"])}
        # An empty list is as good as none, and a token is opaque.
        shown = {k: "..." if k == "NextToken" else v for k, v in shown.items() if v != []}
        print(name, json.dumps(shown, sort_keys=True), sep="\t")
        return out

    text = "postgres://u:p@h/db?ключ=é\u2028😀"
    created = step("create", "create_secret", Name="airflow/connections/pg", SecretString=text, ClientRequestToken=V1,
                   Description="Orders database", Tags=[{"Key": "team", "Value": "red"}])
    step("create again the same", "create_secret", Name="airflow/connections/pg", SecretString=text, ClientRequestToken=V1)
    step("create again another", "create_secret", Name="airflow/connections/pg", SecretString="x", ClientRequestToken=V2)
    step("create bytes", "create_secret", Name="airflow/connections/bin", SecretBinary=b"\x00bin\xff", ClientRequestToken=V1)
    step("create without a value", "create_secret", Name="airflow/variables/none")
    step("create with tags", "create_secret", Name="airflow/variables/tagged", SecretString="1", ClientRequestToken=V1,
         Tags=[{"Key": "stage", "Value": "live"}, {"Key": "team", "Value": "blue"}])

    arn = created["ARN"]
    step("get", "get_secret_value", SecretId="airflow/connections/pg")
    step("get by ARN", "get_secret_value", SecretId=arn)
    step("get by partial ARN", "get_secret_value", SecretId=arn[:-7])
    step("get by ARN cut short", "get_secret_value", SecretId=arn[:-1])
    step("get by name and end", "get_secret_value", SecretId="airflow/connections/pg" + arn[-7:])
    step("get by another region", "get_secret_value", SecretId=arn.replace("us-east-1", "eu-west-1"))
    step("get bytes", "get_secret_value", SecretId="airflow/connections/bin")
    step("get without a value", "get_secret_value", SecretId="airflow/variables/none")
    step("get nothing", "get_secret_value", SecretId="nothing")
    step("get a forbidden name", "get_secret_value", SecretId="a b")
    step("get no such stage", "get_secret_value", SecretId="airflow/connections/pg", VersionStage="mine")
    step("get no such version", "get_secret_value", SecretId="airflow/connections/pg", VersionId=V4)

    step("put", "put_secret_value", SecretId="airflow/connections/pg", SecretString="2", ClientRequestToken=V2)
    step("put again the same", "put_secret_value", SecretId="airflow/connections/pg", SecretString="2", ClientRequestToken=V2)
    step("put again another", "put_secret_value", SecretId=arn, SecretString="x", ClientRequestToken=V2)
    step("put pending", "put_secret_value", SecretId=arn, SecretString="3", ClientRequestToken=V3, VersionStages=["AWSPENDING"])
    step("put nothing", "put_secret_value", SecretId=arn)
    step("put what is not there", "put_secret_value", SecretId="nothing", SecretString="x")
    step("get current", "get_secret_value", SecretId=arn)
    step("get previous", "get_secret_value", SecretId=arn, VersionStage="AWSPREVIOUS")
    step("get pending", "get_secret_value", SecretId=arn, VersionStage="AWSPENDING")
    step("get a version", "get_secret_value", SecretId=arn, VersionId=V1)
    step("get a version by its stage", "get_secret_value", SecretId=arn, VersionId=V1, VersionStage="AWSPREVIOUS")
    step("get a version by another's stage", "get_secret_value", SecretId=arn, VersionId=V1, VersionStage="AWSCURRENT")
    step("describe", "describe_secret", SecretId=arn)
    step("stage without from", "update_secret_version_stage", SecretId=arn, VersionStage="AWSCURRENT", MoveToVersionId=V3)
    step("stage", "update_secret_version_stage", SecretId=arn, VersionStage="AWSCURRENT", RemoveFromVersionId=V2, MoveToVersionId=V3)
    step("stages", "describe_secret", SecretId=arn, only="VersionIdsToStages")
    step("stage from where it is not", "update_secret_version_stage", SecretId=arn, VersionStage="mine", RemoveFromVersionId=V2)
    step("stage to where nothing is", "update_secret_version_stage", SecretId=arn, VersionStage="mine", MoveToVersionId=V4)
    step("update the value", "update_secret", SecretId=arn, SecretString="4", ClientRequestToken=V4)
    step("stages then", "describe_secret", SecretId=arn, only="VersionIdsToStages")
    step("update the description", "update_secret", SecretId=arn, Description="Archive of orders")
    step("update what is not there", "update_secret", SecretId="nothing", Description="x")

    step("batch", "batch_get_secret_value", SecretIdList=["airflow/connections/bin", "nothing", "airflow/connections/pg"])
    step("batch by filter", "batch_get_secret_value", Filters=[{"Key": "name", "Values": ["airflow/connections"]}])
    first = step("batch by page", "batch_get_secret_value", Filters=[{"Key": "name", "Values": ["airflow/connections"]}], MaxResults=1)
    step("batch by page, the second", "batch_get_secret_value", Filters=[{"Key": "name", "Values": ["airflow/connections"]}],
         MaxResults=1, NextToken=first.get("NextToken", "none"))
    step("batch of both", "batch_get_secret_value", SecretIdList=["x"], Filters=[{"Key": "name", "Values": ["x"]}])
    step("batch of a list by page", "batch_get_secret_value", SecretIdList=["x"], MaxResults=1)
    step("batch of nothing", "batch_get_secret_value")

    def listed(name, **arguments):
        try:
            names = [s["Name"] for page in client.get_paginator("list_secrets").paginate(**arguments) for s in page["SecretList"]]
        except ClientError as e:
            names = e.response["Error"]["Code"]
        print(name, json.dumps(names), sep="\t")

    step("tag", "tag_resource", SecretId="airflow/variables/tagged", Tags=[{"Key": "team", "Value": "green"}, {"Key": "new", "Value": "yes"}])
    step("tag by ARN", "tag_resource", SecretId=created["ARN"], Tags=[{"Key": "by", "Value": "ARN"}])
    step("tags", "describe_secret", SecretId="airflow/variables/tagged", only="Tags")
    step("untag", "untag_resource", SecretId="airflow/variables/tagged", TagKeys=["new", "nothing"])
    step("untag by ARN", "untag_resource", SecretId=created["ARN"], TagKeys=["by"])
    step("tags then", "describe_secret", SecretId="airflow/variables/tagged", only="Tags")
    step("tags put back", "tag_resource", SecretId="airflow/variables/tagged", Tags=[{"Key": "team", "Value": "blue"}])
    step("tag as AWS", "tag_resource", SecretId="airflow/variables/tagged", Tags=[{"Key": "aws:x", "Value": "1"}])
    step("tag too much", "tag_resource", SecretId="airflow/variables/tagged", Tags=[{"Key": f"{n}", "Value": ""} for n in range(49)])
    step("tag what is not there", "tag_resource", SecretId="nothing", Tags=[])
    step("untag what is not there", "untag_resource", SecretId="nothing", TagKeys=[])
    step("versions", "list_secret_version_ids", SecretId=arn)
    step("versions of bytes", "list_secret_version_ids", SecretId="airflow/connections/bin")
    step("versions, all", "list_secret_version_ids", SecretId=arn, IncludeDeprecated=True)
    page = step("versions by page", "list_secret_version_ids", SecretId=arn, MaxResults=1)
    step("versions by page, the second", "list_secret_version_ids", SecretId=arn, MaxResults=1, NextToken=page.get("NextToken") or "none")
    step("versions of nothing", "list_secret_version_ids", SecretId="airflow/variables/none")
    step("versions of what is not there", "list_secret_version_ids", SecretId="nothing")
    step("policy", "get_resource_policy", SecretId=arn)
    step("policy of what is not there", "get_resource_policy", SecretId="nothing")
    step("rotate", "rotate_secret", SecretId=arn)

    def by(key, *values):
        return {"Filters": [{"Key": key, "Values": list(values)}]}

    listed("list")
    listed("list by pages", PaginationConfig={"PageSize": 2})
    listed("list by name", **by("name", "airflow/connections/"))
    listed("list by name, case matters", **by("name", "Airflow"))
    listed("list by two names", **by("name", "airflow/variables", "nothing"))
    listed("list by not a name", **by("name", "!airflow/connections"))
    listed("list by tag key", **by("tag-key", "stage"))
    listed("list by tag value", **by("tag-value", "r"))
    listed("list by description", **by("description", "archive"))
    listed("list by all", **by("all", "blue"))
    listed("list by an unknown key", **by("size", "1"))
    listed("list, newest first", SortOrder="desc")

    step("list in full", "list_secrets", **by("name", "airflow/connections/bin"))
    step("delete too soon", "delete_secret", SecretId=arn, RecoveryWindowInDays=6)
    step("delete both ways", "delete_secret", SecretId=arn, RecoveryWindowInDays=7, ForceDeleteWithoutRecovery=True)
    step("delete", "delete_secret", SecretId=arn, RecoveryWindowInDays=7)
    step("delete twice", "delete_secret", SecretId=arn)
    step("get deleted", "get_secret_value", SecretId=arn)
    step("put deleted", "put_secret_value", SecretId=arn, SecretString="x")
    step("update deleted", "update_secret", SecretId=arn, SecretString="x")
    step("create deleted", "create_secret", Name="airflow/connections/pg", SecretString="x")
    step("batch of deleted", "batch_get_secret_value", SecretIdList=["airflow/connections/pg"])
    step("versions of deleted", "list_secret_version_ids", SecretId=arn)
    step("policy of deleted", "get_resource_policy", SecretId=arn)
    step("tag deleted", "tag_resource", SecretId=arn, Tags=[{"Key": "a", "Value": "b"}])
    step("untag deleted", "untag_resource", SecretId=arn, TagKeys=["a"])
    step("describe deleted", "describe_secret", SecretId=arn, only="Name DeletedDate")
    listed("list without deleted")
    listed("list with deleted", IncludePlannedDeletion=True)
    step("restore", "restore_secret", SecretId=arn)
    step("get restored", "get_secret_value", SecretId=arn)
    step("delete by default", "delete_secret", SecretId=arn)
    step("delete by force", "delete_secret", SecretId=arn, ForceDeleteWithoutRecovery=True)
    step("delete by force what is not there", "delete_secret", SecretId="nothing", ForceDeleteWithoutRecovery=True)
    step("delete what is not there", "delete_secret", SecretId="nothing")
    step("restore what is not there", "restore_secret", SecretId="nothing")
    step("get deleted by force", "get_secret_value", SecretId=arn)
    step("create after force", "create_secret", Name="airflow/connections/pg", SecretString="5", ClientRequestToken=V1)
    step("get by the ARN of before", "get_secret_value", SecretId=arn)


if __name__ == "__main__":
    if sys.argv[1] != "moto":
        main(sys.argv[1])
    else:
        import logging

        from moto.server import ThreadedMotoServer

        logging.getLogger("werkzeug").setLevel(logging.ERROR)
        server = ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
        server.start()
        try:
            host, port = server.get_host_and_port()
            main(f"http://{host}:{port}")
        finally:
            server.stop()
