"""An API in FastAPI whose callers show an access token of Doorward.

It never asks Doorward about a token: the signature is checked with the public keys that Doorward
publishes, fetched at the first request and kept for five minutes, and whether it was cut off with the
status lists, kept for half a minute, and with the live feed, where this API is a client that may listen to it.
"""

import os
import threading
from contextlib import asynccontextmanager
from typing import Annotated

import jwt
from fastapi import Depends, FastAPI, HTTPException
from fastapi.security import HTTPAuthorizationCredentials, HTTPBearer

from feed import Feed
from status_lists import StatusLists, Unknown

ISSUER = os.environ.get("DOORWARD_ISSUER", "http://127.0.0.1:8000")
AUDIENCE = os.environ.get("DOORWARD_AUDIENCE", "doorward")
# Of Doorward itself, where this API has another.
FEED_AUDIENCE = os.environ.get("DOORWARD_FEED_AUDIENCE", AUDIENCE)
CLIENT = os.environ.get("DOORWARD_CLIENT_ID", "")
SECRET = os.environ.get("DOORWARD_CLIENT_SECRET", "")

# Kept as long as Doorward lets the answer be kept. Anybody can invent key ids; they must not become
# as many requests to Doorward, so five seconds have to lie between two.
keys = jwt.PyJWKClient(f"{ISSUER}/.well-known/jwks.json", lifespan=300, cooldown_duration=5, timeout=5)
lists = StatusLists(ISSUER, keys)
feed = Feed(ISSUER, FEED_AUDIENCE, keys, lists.renew)

# FastAPI would answer a request without a token by itself, and differently.
bearer = HTTPBearer(auto_error=False)


def claims(header: Annotated[HTTPAuthorizationCredentials | None, Depends(bearer)]) -> dict:
    """What the token says, once everything about it has been checked.

    Not `async`: FastAPI runs it on a thread, where fetching keys holds nobody else up.
    """
    refused = HTTPException(401, "invalid_token", {"WWW-Authenticate": 'Bearer error="invalid_token"'})
    if header is None:
        raise refused
    token = header.credentials
    try:
        decoded = jwt.decode_complete(
            token,
            keys.get_signing_key_from_jwt(token),
            # Named here, never read from the token: else a caller would sign with HS256 and the
            # public key.
            algorithms=["ES256", "EdDSA", "RS256"],
            # One Doorward may serve several APIs. Without these two, each would take the others'
            # tokens.
            issuer=ISSUER,
            audience=AUDIENCE,
            # What is not there is not checked, and a token without `exp` would live for ever.
            options={"require": ["exp", "iat", "iss", "aud", "sub"]},
        )
    except jwt.PyJWKClientConnectionError:
        # Our trouble, not the caller's: an app that is told 401 would throw its token away.
        raise HTTPException(503, "the keys cannot be fetched", {"Retry-After": "5"}) from None
    except jwt.PyJWTError:
        raise refused from None
    # An issuer signs other things with the same keys, such as ID tokens: RFC 9068, section 4.
    typ = str(decoded["header"].get("typ", "")).lower().removeprefix("application/")
    if typ != "at+jwt":
        raise refused
    # Bound to a key (RFC 9449): without a proof of it, which this API does not read, it may be stolen.
    if "cnf" in decoded["payload"]:
        raise refused
    # Cut off a moment ago.
    if not feed.allow(decoded["payload"]):
        raise refused
    # Last: whoever invents tokens must not make us ask for lists.
    try:
        if not lists.allow(decoded["payload"]):
            raise refused
    except Unknown:
        raise HTTPException(503, "the status list cannot be had", {"Retry-After": "1"}) from None
    return decoded["payload"]


@asynccontextmanager
async def lifespan(_: FastAPI):
    """Listens for as long as the API runs."""
    if SECRET:
        threading.Thread(target=feed.listen, args=(CLIENT, SECRET), daemon=True).start()
    yield


app = FastAPI(lifespan=lifespan)


@app.get("/test_jwt")
def test_jwt(caller: Annotated[dict, Depends(claims)]) -> dict:
    return {
        "sub": caller["sub"],
        "username": caller.get("username"),
        "roles": caller.get("roles", []),
        "device_id": caller.get("device_id"),
    }
