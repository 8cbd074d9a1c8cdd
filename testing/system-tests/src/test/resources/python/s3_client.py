"""Uses the store inside as people do who have boto3. Arguments: endpoint, two pairs of keys of two projects."""
import io
import sys
import urllib.error
import urllib.request

import boto3
from boto3.s3.transfer import TransferConfig
from botocore.client import Config
from botocore.exceptions import ClientError

endpoint, mine, my_secret, theirs, their_secret = sys.argv[1:]


def client(key, secret, version="s3v4"):
    return boto3.client(
        "s3",
        endpoint_url=endpoint,
        region_name="us-east-1",
        aws_access_key_id=key,
        aws_secret_access_key=secret,
        config=Config(signature_version=version, retries={"max_attempts": 1}),
    )


def refused(code, call, *args, **kwargs):
    try:
        call(*args, **kwargs)
    except ClientError as e:
        assert e.response["Error"]["Code"] == code, e.response["Error"]
        return
    raise AssertionError("expected " + code)


s3 = client(mine, my_secret)
s3.create_bucket(Bucket="uploads")
key = "a b+c/ümläut %2e.png"
s3.put_object(Bucket="uploads", Key=key, Body=b"0123456789", ContentType="image/png", Metadata={"kind": "photo"})
got = s3.get_object(Bucket="uploads", Key=key)
assert got["Body"].read() == b"0123456789"
assert got["ContentType"] == "image/png" and got["Metadata"] == {"kind": "photo"}
assert s3.get_object(Bucket="uploads", Key=key, Range="bytes=2-4")["Body"].read() == b"234"
refused("InvalidRange", s3.get_object, Bucket="uploads", Key=key, Range="bytes=10-")
refused("NoSuchKey", s3.get_object, Bucket="uploads", Key="gone")
refused("PreconditionFailed", s3.put_object, Bucket="uploads", Key=key, Body=b"x", IfNoneMatch="*")

for i in range(25):
    s3.put_object(Bucket="uploads", Key=f"many/{i:02}", Body=b"x")
pages = s3.get_paginator("list_objects_v2").paginate(
    Bucket="uploads", Prefix="many/", PaginationConfig={"PageSize": 10})
assert [o["Key"] for p in pages for o in p["Contents"]] == [f"many/{i:02}" for i in range(25)]
folders = s3.list_objects_v2(Bucket="uploads", Delimiter="/")["CommonPrefixes"]
assert [p["Prefix"] for p in folders] == ["a b+c/", "many/"], folders

s3.copy_object(Bucket="uploads", Key="copy", CopySource={"Bucket": "uploads", "Key": key})
assert s3.head_object(Bucket="uploads", Key="copy")["Metadata"] == {"kind": "photo"}

large = bytes(range(256)) * (12 << 12)
parts = TransferConfig(multipart_threshold=5 << 20, multipart_chunksize=5 << 20)
s3.upload_fileobj(io.BytesIO(large), "uploads", "large", Config=parts)
back = io.BytesIO()
s3.download_fileobj("uploads", "large", back, Config=parts)
assert back.getvalue() == large
assert s3.head_object(Bucket="uploads", Key="large")["ETag"].endswith('-3"')

url = s3.generate_presigned_url("get_object", Params={"Bucket": "uploads", "Key": "copy"})
assert urllib.request.urlopen(url).read() == b"0123456789"
put = s3.generate_presigned_url("put_object", Params={"Bucket": "uploads", "Key": "presigned"})
urllib.request.urlopen(urllib.request.Request(put, data=b"by address", method="PUT",
                                              headers={"Content-Type": ""})).read()
assert s3.get_object(Bucket="uploads", Key="presigned")["Body"].read() == b"by address"
try:
    urllib.request.urlopen(endpoint + "/uploads/copy")
    raise AssertionError("a stranger reads")
except urllib.error.HTTPError as e:
    assert e.code == 403, e

deleted = s3.delete_objects(Bucket="uploads", Delete={"Objects": [{"Key": f"many/{i:02}"} for i in range(25)]})
assert len(deleted["Deleted"]) == 25 and "Errors" not in deleted

old = client(mine, my_secret, "s3")
old.put_object(Bucket="uploads", Key="version 2", Body=b"x")
assert old.get_object(Bucket="uploads", Key="version 2")["Body"].read() == b"x"

refused("SignatureDoesNotMatch", client(mine, "wrong").list_buckets)
refused("InvalidAccessKeyId", client("nobody", my_secret).list_buckets)
refused("NotImplemented", s3.put_bucket_notification_configuration,
        Bucket="uploads", NotificationConfiguration={"QueueConfigurations": []})

other = client(theirs, their_secret)
assert other.list_buckets()["Buckets"] == []
refused("NoSuchBucket", other.get_object, Bucket="uploads", Key="copy")
refused("NoSuchBucket", other.put_object, Bucket="uploads", Key="copy", Body=b"x")
other.create_bucket(Bucket="uploads")
refused("NoSuchKey", other.copy_object, Bucket="uploads", Key="k", CopySource={"Bucket": "uploads", "Key": "copy"})
print("boto3", boto3.__version__, "ok")
