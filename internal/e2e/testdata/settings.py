"""Print what botocore makes of the profile that is named, or of the environment."""

import json
import sys

import boto3
from botocore.configprovider import BOTOCORE_DEFAUT_SESSION_VARIABLES as VARIABLES

session = boto3.Session(profile_name=sys.argv[1]) if len(sys.argv) > 1 else boto3.Session()
seen = {"region": session.region_name}
for name in VARIABLES:
    if name not in ("profile", "config_file", "credentials_file"):
        seen[name] = session._session.get_config_variable(name)
for service in ("dynamodb", "elasticbeanstalk", "s3", "sts", "sqs"):
    client = session.client(service)
    seen["client of " + service] = [client.meta.endpoint_url, client.meta.config.retries]
print(json.dumps(seen, sort_keys=True, indent=1, default=str))
