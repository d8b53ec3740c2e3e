"""Keeps the fuzzer signed in: much of what it tries ends its own sign-in, or the user behind it.

Before each call it looks whether its access token is still good, and otherwise signs in anew, as a new
administrator where the one before was renamed, demoted, disabled or deleted.
"""

import json
import os
import secrets
import subprocess
import threading
import urllib.error
import urllib.request

import schemathesis

URL = os.environ["FUZZED"]
DOORWARD = os.environ["DOORWARD"]
PASSWORD = secrets.token_urlsafe(24)

lock = threading.Lock()
state = {"name": None, "token": None}


def ask(path, body=None, token=None):
    """The status, and the answer's JSON."""
    # From an address of its own each time: the fuzzer's guesses are slowed, and these are none.
    headers = {"Content-Type": "application/json", "X-Forwarded-For": f"10.{secrets.randbelow(250)}.1.1"}
    if token:
        headers["Authorization"] = f"Bearer {token}"
    data = json.dumps(body).encode() if body is not None else None
    try:
        with urllib.request.urlopen(urllib.request.Request(URL + path, data, headers)) as answer:
            return answer.status, json.load(answer)
    except urllib.error.HTTPError as refused:
        return refused.code, {}


def is_administrator(token):
    status, me = ask("/me", token=token)
    return status == 200 and "admin" in me["roles"]


def sign_in(name):
    status, answer = ask("/login", {"username": name, "password": PASSWORD})
    return answer["access_token"] if status == 200 else None


def access_token():
    with lock:
        if state["token"] and is_administrator(state["token"]):
            return state["token"]
        token = sign_in(state["name"]) if state["name"] else None
        if not (token and is_administrator(token)):
            state["name"] = f"fuzz-{secrets.token_hex(6)}"
            command = [DOORWARD, "admin", "create", "--username", state["name"], "--password-stdin"]
            subprocess.run(command, input=PASSWORD, text=True, check=True, capture_output=True)
            token = sign_in(state["name"])
        state["token"] = token
        return token


@schemathesis.auth(refresh_interval=None)
class Administrator:
    def get(self, case, context):
        return access_token()

    def set(self, case, data, context):
        case.headers["Authorization"] = f"Bearer {data}"
