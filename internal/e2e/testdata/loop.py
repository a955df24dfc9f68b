"""A client of boto3 that runs for long: says who it is again and again, until a file is there, and once more."""
import os
import sys
import time

import boto3

sts = boto3.client("sts", endpoint_url=os.environ["AWS_ENDPOINT_URL_STS"])
last = False
while not last:
    last = os.path.exists(sys.argv[1])
    try:
        print(sts.get_caller_identity()["Arn"], flush=True)
        failed = False
    except Exception as e:
        print("failed", e, flush=True)
        failed = True
    time.sleep(0.1)
sys.exit(failed)
