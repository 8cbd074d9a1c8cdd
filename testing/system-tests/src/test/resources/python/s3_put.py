"""Puts texts into a bucket: s3_put.py ENDPOINT ACCESS_KEY SECRET_KEY BUCKET KEY=TEXT ..."""

import sys

import boto3
from botocore.config import Config

endpoint, access, secret, bucket, *objects = sys.argv[1:]
s3 = boto3.client(
    "s3",
    endpoint_url=endpoint,
    region_name="us-east-1",
    aws_access_key_id=access,
    aws_secret_access_key=secret,
    config=Config(
        s3={"addressing_style": "path"},
        request_checksum_calculation="when_required",
        response_checksum_validation="when_required",
    ),
)
if bucket not in [b["Name"] for b in s3.list_buckets()["Buckets"]]:
    s3.create_bucket(Bucket=bucket)
for item in objects:
    key, _, text = item.partition("=")
    s3.put_object(Bucket=bucket, Key=key, Body=text.encode(), Metadata={"camera": "left"})
print(f"{len(objects)} objects put")
