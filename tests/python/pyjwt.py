"""PyJWT, by the keys that are published or by a shared secret: which of the tokens it takes."""

import json
import os

import jwt

asked = json.loads(os.environ["ASKED"])
keys = jwt.PyJWKClient(f"{asked['issuer']}/.well-known/jwks.json")

taken = {}
for name, token in asked["tokens"].items():
    try:
        key = asked["secret"] or keys.get_signing_key_from_jwt(token)
        claims = jwt.decode(
            token, key, algorithms=[asked["alg"]], issuer=asked["issuer"], audience=asked["audience"]
        )
        taken[name] = claims["username"]
    except jwt.PyJWTError:
        pass
print(json.dumps(taken))
