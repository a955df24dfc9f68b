"""Calls AWS until its credentials have changed REMOTE_RENEWALS times, and looks around as
another user and in the lists of processes meanwhile."""
import os, sys, time, urllib.error, urllib.request
import boto3

uri, file = os.environ["AWS_CONTAINER_CREDENTIALS_FULL_URI"], os.environ["AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE"]
token = open(file).read()
sts = boto3.client("sts", endpoint_url=os.environ["REMOTE_STS"])
keys = []
end = time.time() + 20
while len(keys) <= int(os.environ["REMOTE_RENEWALS"]) and time.time() < end:
    print(sts.get_caller_identity()["Arn"])
    key = boto3.Session().get_credentials().access_key
    if key not in keys:
        keys.append(key)
    time.sleep(0.05)
print("renewals:", len(keys) - 1)

for process in os.listdir("/proc"):
    for listing in "cmdline", "environ":
        try:
            if token in open("/proc/%s/%s" % (process, listing), errors="replace").read():
                print("the token is in %s of %s" % (listing, process))
        except OSError:
            pass

if os.getuid() == 0:
    os.setuid(65534)
    try:
        open(file)
        print("another user reads the token")
    except PermissionError:
        pass
    try:
        urllib.request.urlopen(uri)
        print("another user gets credentials")
    except urllib.error.HTTPError as refused:
        print("another user:", refused.code)
