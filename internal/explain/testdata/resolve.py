"""Resolves credentials with the real botocore, or the copy of it in the AWS CLI v2, for each case on standard input.

The argument is the package to import: botocore or awscli.botocore.
"""
import getpass
import importlib
import json
import os
import sys

getpass.getpass = lambda prompt: "123456"

package = sys.argv[1]
session_module = importlib.import_module(package + ".session")
version = importlib.import_module(package).__version__
asked = json.load(sys.stdin)

# Releases before 1.31 know no AWS_ENDPOINT_URL, so every client is sent to the stand-in here. The region is compared by
# itself below: one that is absent or misspelt is not to keep a client from being made.
create_client = session_module.Session.create_client


def to_stand_in(self, service_name, region_name=None, **kwargs):
    if "AWS_STS_REGIONAL_ENDPOINTS" in os.environ or {"services", "sts_regional_endpoints"} & set(self.get_scoped_config()):
        create_client(self, service_name, region_name="us-east-1", **kwargs)  # with an endpoint it would not validate these
    return create_client(self, service_name, region_name="us-east-1", endpoint_url=asked["endpoint"], **kwargs)


session_module.Session.create_client = to_stand_in

# The models of the services are read once, not for every case.
data_loader = session_module.Session().get_component("data_loader")


def resolve(case):
    for name in list(os.environ):
        if name.startswith(("AWS_", "AMAZON_")):
            del os.environ[name]
    os.environ.update(case["env"])
    answer = {"key": "", "error": "", "region": ""}
    try:
        session = session_module.Session(profile=case["profile"] or None)
        session.register_component("data_loader", data_loader)
        answer["region"] = session.get_config_variable("region") or ""
        session.get_scoped_config()  # as create_client and the AWS CLI do before they look for credentials
        credentials = session.get_credentials()
        session.create_client("sso")  # of any service
        if credentials is None:
            answer["error"] = "None"
        else:
            answer["key"] = credentials.get_frozen_credentials().access_key
    except Exception as e:
        answer["error"] = type(e).__name__ + ": " + str(e)
    return answer


json.dump({"version": version, "answers": [resolve(c) for c in asked["cases"]]}, sys.stdout)
