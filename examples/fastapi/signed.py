"""What Doorward signs beside access tokens: status lists and security events."""

import jwt


def signed(token: str, typ: str, keys: jwt.PyJWKClient, require: list[str], **expected: str) -> dict:
    """The claims of a token of this type, once it has been verified."""
    header = jwt.get_unverified_header(token)
    # Else an access token could be shown as something else.
    if str(header.get("typ", "")).lower().removeprefix("application/") != typ:
        raise jwt.InvalidTokenError(f"this is no {typ}")
    return jwt.decode(
        token,
        keys.get_signing_key_from_jwt(token),
        # Named here, as for access tokens. What is for everybody is signed with a key that nobody shares.
        algorithms=["ES256", "EdDSA", "RS256"],
        options={"require": require},
        # The two clocks need not be one.
        leeway=30,
        **expected,
    )
