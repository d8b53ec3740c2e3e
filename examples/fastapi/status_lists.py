"""Which access tokens were cut off: the status lists that Doorward publishes, kept for as long as they say.

A token that is good by itself may have been cut off since it was issued: its user, device or sign-in was disabled or
has ended. Its claim `status` names a list and a place in it.
"""

import base64
import threading
import time
import urllib.request
import zlib

import jwt

from signed import signed

# A list of Doorward's has 256 KiB. What inflates to more is none, and must not fill the memory.
LONGEST = 1 << 20

# When no list can be had, all who ask within a second get the same answer.
PATIENCE = 1.0

# A server learns of what has happened within a second, and signs a list anew a second later at the most.
PACE = 2.0


class Unknown(Exception):
    """What the list says cannot be found out: nobody is let in by that."""


class StatusLists:
    """The lists of one issuer, whose keys these are."""

    def __init__(self, issuer: str, keys: jwt.PyJWKClient):
        self._begin = f"{issuer}/status-lists/"
        self._keys = keys
        self._lists: dict[str, tuple[float, float, dict | None]] = {}
        self._renewed = -PACE
        self._lock = threading.Lock()

    def allow(self, claims: dict) -> bool:
        """Whether a token that was verified has not been cut off."""
        if "status" not in claims:
            # Of a client that acts for itself, or of a sign-in from before there were lists.
            return True
        try:
            reference = claims["status"]["status_list"]
            uri, place = reference["uri"], reference["idx"]
        except (KeyError, TypeError):
            return False
        if not isinstance(uri, str) or not uri.startswith(self._begin) or type(place) is not int or place < 0:
            return False
        current = self._current(uri)
        bits, places = current["bits"], current["places"]
        byte, shift = divmod(place * bits, 8)
        if byte >= len(places):
            return False
        # 0 is valid, 1 ended, 2 disabled; what is not known is no better.
        return places[byte] >> shift & ((1 << bits) - 1) == 0

    def renew(self) -> None:
        """From now on, lists that were fetched before are not good enough."""
        self._renewed = time.monotonic()

    def _current(self, uri: str) -> dict:
        # One fetches, and the others wait for it.
        with self._lock:
            asked, until, known = self._lists.get(uri, (0.0, 0.0, None))
            now = time.monotonic()
            # What was fetched just after it was to be renewed may still be the list from before.
            old = asked < self._renewed + PACE and asked + PACE < now
            if old or now >= until:
                asked = now
                try:
                    known = self._fetch(uri)
                    until = asked + min(known["ttl"], known["exp"] - time.time())
                except (OSError, ValueError, KeyError, TypeError, zlib.error, jwt.PyJWTError):
                    known, until = None, time.monotonic() + PATIENCE
                self._lists[uri] = (asked, until, known)
        if known is None:
            raise Unknown
        return known

    def _fetch(self, uri: str) -> dict:
        request = urllib.request.Request(uri, headers={"Accept": "application/statuslist+jwt"})
        with urllib.request.urlopen(request, timeout=5) as answer:
            token = answer.read(2 * LONGEST).decode("ascii")
        # Else one list could be shown as another.
        claims = signed(token, "statuslist+jwt", self._keys, ["exp", "iat", "sub"], subject=uri)
        status_list = claims["status_list"]
        if status_list["bits"] not in (1, 2, 4, 8) or not claims["ttl"] > 0:
            raise ValueError("this is no list")
        text = status_list["lst"]
        inflate = zlib.decompressobj()
        places = inflate.decompress(base64.urlsafe_b64decode(text + "=" * (-len(text) % 4)), LONGEST)
        if not inflate.eof:
            raise ValueError("this list is broken off, or too long")
        return {"bits": status_list["bits"], "places": places, "ttl": claims["ttl"], "exp": claims["exp"]}
