// openid-client with DPoP: what it makes of a sign-in that is bound to its key. The sign-in itself, which is Doorward's
// own, has a proof by jose.
import * as client from 'openid-client';
import { SignJWT, exportJWK } from 'jose';

const { issuer, client_id, alg, username, password } = JSON.parse(process.env.ASKED);
const config = await client.discovery(new URL(issuer), client_id, undefined, client.None(), {
  algorithm: 'oauth2',
  // Without TLS, for the test.
  execute: [client.allowInsecureRequests],
});
const keys = await client.randomDPoPKeyPair(alg);
const DPoP = client.getDPoPHandle(config, keys);

async function signIn(nonce) {
  const { kty, crv, x, y } = await exportJWK(keys.publicKey);
  const proof = await new SignJWT({ htm: 'POST', htu: `${issuer}/login`, nonce, jti: crypto.randomUUID() })
    .setProtectedHeader({ typ: 'dpop+jwt', alg, jwk: { kty, crv, x, y } })
    .setIssuedAt()
    .sign(keys.privateKey);
  const answer = await fetch(`${issuer}/login`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', DPoP: proof },
    body: JSON.stringify({ username, password, client_id }),
  });
  const body = await answer.json();
  return body.error === 'use_dpop_nonce' && !nonce ? signIn(answer.headers.get('dpop-nonce')) : body;
}

const did = { listed: config.serverMetadata().dpop_signing_alg_values_supported.includes(alg) };
let tokens = await signIn();
did.signed_in = tokens.token_type;
did.refreshed = [];
for (let i = 0; i < 3; i++) {
  tokens = await client.refreshTokenGrant(config, tokens.refresh_token, undefined, { DPoP });
  did.refreshed.push(tokens.token_type);
}

const me = new URL(`${issuer}/me`);
const resource = async (options) => {
  try {
    const answer = await client.fetchProtectedResource(config, tokens.access_token, me, 'GET', null, null, options);
    return (await answer.json()).username;
  } catch (error) {
    return error.cause[0].parameters.error;
  }
};
const other = client.getDPoPHandle(config, await client.randomDPoPKeyPair(alg));
const refresh = async (options) => {
  try {
    await client.refreshTokenGrant(config, tokens.refresh_token, undefined, options);
  } catch (error) {
    return error.error;
  }
};
did.asked = [await resource({ DPoP }), await resource({ DPoP: other }), await resource()];
did.refused = [await refresh({ DPoP: other }), await refresh()];
did.at_last = await refresh({ DPoP });
console.log(JSON.stringify(did));
