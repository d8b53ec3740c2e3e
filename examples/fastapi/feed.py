"""What was cut off a moment ago: Doorward's live feed, `GET /events`, kept in memory.

A message of it is a security event token (RFC 8417): a signed statement of what was cut off or enabled again, and
when. What was cut off before we listened is in the status lists.
"""

import logging
import time
from collections.abc import Callable
from typing import NamedTuple
from urllib.parse import quote

import httpx2
import jwt

from signed import signed

CAEP = "https://schemas.openid.net/secevent/caep/event-type"
RISC = "https://schemas.openid.net/secevent/risc/event-type"
REVOKED = {f"{CAEP}/session-revoked", f"{RISC}/account-disabled", f"{RISC}/account-purged"}
ENABLED = {f"{CAEP}/session-established", f"{RISC}/account-enabled"}
CHANGED = f"{CAEP}/token-claims-change"

# No access token of Doorward's lives for longer (all in seconds): what was cut off before has expired.
LONGEST = 3600

# Doorward says something every five seconds. Who is silent for so long is not there any more.
SILENCE = 15

# However long Doorward is away, it is looked for that often.
PATIENCE = 30

log = logging.getLogger(__name__)


class Held(NamedTuple):
    """Refuses tokens that were issued until `at`: unless it is over, or their roles are these."""

    at: int
    until: int | None = None
    roles: list[str] | None = None


def named(subject: dict) -> tuple[str, str] | None:
    """What of an access token a subject (RFC 9493) names."""
    match subject:
        case {"format": "jwt_id", "jti": jti}:
            return "jti", jti
        case {"format": "iss_sub", "sub": sub}:
            # Not `sub`: enabling the account does not bring back the sign-ins of the user that were ended.
            return "account", sub
        case {"session": {"id": sid}}:
            return "sid", sid
        case {"device": {"id": device}}:
            return "device_id", device
        case {"application": {"id": client}}:
            return "client_id", client
        case {"user": {"sub": sub}}:
            return "sub", sub
    return None


class Feed:
    """The feed of one issuer, whose keys these are.

    `renew` is called when the status lists may say something else.
    """

    def __init__(self, issuer: str, audience: str, keys: jwt.PyJWKClient, renew: Callable[[], None]):
        self._issuer = issuer
        self._audience = audience
        self._keys = keys
        self._renew = renew
        self._held: dict[tuple[str, str] | None, Held] = {}
        # The id of the last event that was heard.
        self._last = ""
        self._retry = self._wait = 3.0

    def allow(self, claims: dict) -> bool:
        """Whether a token that was verified has not been cut off, as far as was heard."""
        names = {name: claims.get(name) for name in ("sub", "device_id", "sid", "client_id", "jti")}
        names["account"] = names["roles"] = claims["sub"]
        for name in names.items():
            held = self._held.get(name)
            if held is None or claims["iat"] > held.at:
                continue
            over = held.until is not None and held.until <= time.time()
            same = held.roles is not None and set(held.roles) == set(claims.get("roles", []))
            if not over and not same:
                return False
        return True

    def listen(self, client: str, secret: str) -> None:
        """Listens for ever, as a client with the scope `events`."""
        while True:
            began = time.monotonic()
            try:
                self._connect(client, secret)
            except Exception as error:  # Whatever it was: who stops to listen is deaf.
                log.warning("the live feed: %s", error)
            # At once after a stream that lived for longer, so that little is missed.
            time.sleep(max(0.0, began + self._wait - time.monotonic()))
            self._wait = min(2 * self._wait, PATIENCE)

    def _connect(self, client: str, secret: str) -> None:
        """Listens until the stream ends, which it does with its access token."""
        with httpx2.Client(base_url=self._issuer, timeout=SILENCE) as doorward:
            answer = doorward.post(
                "/token",
                auth=(quote(client, safe=""), quote(secret, safe="")),
                data={"grant_type": "client_credentials", "scope": "events"},
            )
            token = answer.raise_for_status().json()["access_token"]
            headers = {"Authorization": f"Bearer {token}"}
            if self._last:
                headers["Last-Event-ID"] = self._last
            with doorward.sse("/events", headers=headers) as stream:
                # We were away for too long, or Doorward's database is another: the status lists tell what we missed.
                if stream.response.status_code in (400, 410):
                    self._last, self._wait = "", self._retry
                stream.response.raise_for_status()
                self._wait = self._retry
                self._forget()
                for message in stream:
                    if message.retry is not None:
                        self._wait = self._retry = message.retry / 1000
                    if message.data:
                        self._hear(message.data)
                    if message.id:
                        self._last = message.id

    def _forget(self) -> None:
        """Forgets what is too old to matter or, where we begin anew, everything."""
        if self._last:
            oldest = time.time() - LONGEST
            self._held = {name: held for name, held in self._held.items() if held.at >= oldest}
        else:
            self._held = {}
            self._renew()

    def _hear(self, token: str) -> None:
        try:
            claims = signed(
                token,
                "secevent+jwt",
                self._keys,
                ["iss", "aud", "iat", "jti"],
                issuer=self._issuer,
                audience=self._audience,
            )
        except jwt.PyJWKClientError:
            # The keys cannot be had, which says nothing about the token. It may go well when we hear it again.
            raise
        except jwt.PyJWTError as error:
            log.warning("an event that is not believed: %s", error)
            return
        subject = claims["sub_id"]
        for event, said in claims["events"].items():
            if event in REVOKED:
                self._held[named(subject)] = Held(said["event_timestamp"], until=said.get("until"))
            elif event in ENABLED:
                self._held.pop(named(subject), None)
                self._renew()
            elif event == CHANGED:
                roles = said["claims"]["roles"]
                self._held["roles", subject["sub"]] = Held(said["event_timestamp"], roles=roles)
