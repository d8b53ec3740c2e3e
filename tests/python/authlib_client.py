"""Authlib, from discovery on: what it makes of every endpoint."""

import json
import os

import requests
from authlib.integrations.base_client.errors import OAuthError
from authlib.integrations.requests_client import OAuth2Session

asked = json.loads(os.environ["ASKED"])
# Without TLS, for the test.
os.environ["AUTHLIB_INSECURE_TRANSPORT"] = "1"

server = requests.get(f"{asked['issuer']}/.well-known/{asked['discovery']}", timeout=10).json()
method = {"basic": "client_secret_basic", "post": "client_secret_post", "none": "none"}[asked["method"]]
assert method in server["token_endpoint_auth_methods_supported"]


def session():
    return OAuth2Session(
        asked["client_id"],
        asked["secret"],
        token_endpoint_auth_method=method,
        revocation_endpoint_auth_method=method,
        introspection_endpoint_auth_method=method,
    )


def introspected(token):
    return session().introspect_token(server["introspection_endpoint"], token=token).json()


did = {}
tokens = session().refresh_token(server["token_endpoint"], refresh_token=asked["refresh_token"])
did["refreshed"] = tokens["refresh_token"] != asked["refresh_token"] and not tokens.is_expired()
did["scope"] = tokens["scope"]

if asked["secret"]:
    own = session().fetch_token(server["token_endpoint"], grant_type="client_credentials", scope="read")
    did["own"] = own["scope"]
    known = introspected(own["access_token"])
    did["introspected"] = [known["active"], known["client_id"], known["scope"]]
    did["user"] = introspected(tokens["refresh_token"])["username"]

revoked = session().revoke_token(
    server["revocation_endpoint"], token=tokens["refresh_token"], token_type_hint="refresh_token"
)
revoked.raise_for_status()
if asked["secret"]:
    did["revoked"] = introspected(tokens["refresh_token"])["active"]
try:
    session().refresh_token(server["token_endpoint"], refresh_token=tokens["refresh_token"])
except OAuthError as error:
    did["refused"] = error.error
print(json.dumps(did))
