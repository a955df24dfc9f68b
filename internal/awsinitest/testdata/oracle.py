"""Reads AWS files, words and paths as botocore does: a JSON object on stdin, one on stdout."""
import base64
import json
import os
import shlex
import sys

import botocore
from botocore import configloader
from botocore.exceptions import ConfigNotFound, ConfigParseError

directory = sys.argv[1]


def put(name, text):
    path = os.path.join(directory, name)
    if text is None:
        if os.path.exists(path):
            os.remove(path)
    else:
        with open(path, "wb") as f:
            f.write(base64.b64decode(text))
    return path


def read(case):
    config, credentials = put("config", case["Config"]), put("credentials", case["Credentials"])
    try:
        try:
            full = configloader.load_config(config)
        except ConfigNotFound:
            full = {"profiles": {}}
        try:
            for name, settings in configloader.raw_config_parse(credentials).items():
                full["profiles"].setdefault(name, {}).update(settings)
        except ConfigNotFound:
            pass
    except ConfigParseError as e:
        return {"Error": str(e)}
    return {
        "Profiles": full["profiles"],
        "SSOSessions": full.get("sso_sessions", {}),
        "Services": full.get("services"),
    }


def words(s):
    try:
        return shlex.split(s)
    except ValueError:
        return None


def path(s):
    return os.path.expanduser(os.path.expandvars(s))


asked = json.load(sys.stdin)
json.dump(
    {
        "Version": botocore.__version__,
        "Files": [read(case) for case in asked.get("Files") or []],
        "Words": [words(s) for s in asked.get("Words") or []],
        "Paths": [path(s) for s in asked.get("Paths") or []],
    },
    sys.stdout,
)
