"""jwcrypto: makes a pair of keys, or tells which of the encrypted tokens it can read with its own."""

import json
import os

import requests
from jwcrypto import jwe, jwk, jwt

asked = json.loads(os.environ["ASKED"])


def pair():
    kind = {"kty": "EC", "crv": "P-256"} if asked["make"].startswith("ECDH") else {"kty": "RSA", "size": 2048}
    key = jwk.JWK.generate(**kind)
    return {"public": key.export_public(as_dict=True), "private": key.export_private(as_dict=True)}


def read():
    published = requests.get(f"{asked['issuer']}/.well-known/jwks.json", timeout=10).text
    keys, own = jwk.JWKSet.from_json(published), jwk.JWK(**asked["key"])
    wanted = {"iss": asked["issuer"], "aud": asked["audience"]}
    taken = {}
    for name, token in asked["tokens"].items():
        try:
            sealed = jwe.JWE(algs=[asked["alg"], "A256GCM"])
            sealed.deserialize(token, own)
            signed = jwt.JWT(
                jwt=sealed.payload.decode(), key=keys, check_claims=wanted, expected_type="JWS", algs=["ES256"]
            )
            taken[name] = json.loads(signed.claims)["sub"]
        except (jwe.InvalidJWEData, ValueError):
            pass
    return taken


print(json.dumps(pair() if asked.get("make") else read()))
