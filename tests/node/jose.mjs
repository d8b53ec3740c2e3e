// jose, as its documentation shows it: which of the tokens it takes, by the keys that are published.
import { createRemoteJWKSet, jwtVerify } from 'jose';

const { issuer, audience, alg, tokens } = JSON.parse(process.env.ASKED);
const keys = createRemoteJWKSet(new URL(`${issuer}/.well-known/jwks.json`));

const taken = {};
for (const [name, token] of Object.entries(tokens)) {
  try {
    const { payload } = await jwtVerify(token, keys, { issuer, audience, typ: 'at+jwt', algorithms: [alg] });
    taken[name] = payload.username;
  } catch (error) {
    if (!error.code?.startsWith('ERR_J')) throw error;
  }
}
console.log(JSON.stringify(taken));
