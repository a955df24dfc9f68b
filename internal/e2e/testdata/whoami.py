"""A client of boto3 with its default credentials: says who it is. Old ones take no endpoint from the environment."""
import os

import boto3

sts = boto3.client("sts", endpoint_url=os.environ["AWS_ENDPOINT_URL_STS"])
print(sts.get_caller_identity()["Arn"])
