"""Makes boto3 take endpoints from AWS_ENDPOINT_URL_<SERVICE>, as its releases since 1.28 do by themselves."""
import os

try:
    from botocore.session import Session
except ImportError:
    pass
else:
    create_client = Session.create_client

    def to_stand_in(self, service_name, *args, **kwargs):
        endpoint = os.environ.get("AWS_ENDPOINT_URL_" + service_name.upper())
        kwargs["endpoint_url"] = kwargs.get("endpoint_url") or endpoint
        return create_client(self, service_name, *args, **kwargs)

    Session.create_client = to_stand_in
