// jose: makes a pair of keys, or tells which of the encrypted tokens it can read with its own.
import { compactDecrypt, createRemoteJWKSet, exportJWK, generateKeyPair, importJWK, jwtVerify } from 'jose';

const { make, issuer, audience, alg, key, tokens } = JSON.parse(process.env.ASKED);

async function pair() {
  const { publicKey, privateKey } = await generateKeyPair(make, { crv: 'P-256', extractable: true });
  return { public: await exportJWK(publicKey), private: await exportJWK(privateKey) };
}

async function read() {
  const keys = createRemoteJWKSet(new URL(`${issuer}/.well-known/jwks.json`));
  const own = await importJWK(key, alg);
  const taken = {};
  for (const [name, token] of Object.entries(tokens)) {
    try {
      const options = { keyManagementAlgorithms: [alg], contentEncryptionAlgorithms: ['A256GCM'] };
      const { plaintext } = await compactDecrypt(token, own, options);
      const signed = new TextDecoder().decode(plaintext);
      const { payload } = await jwtVerify(signed, keys, { issuer, audience, typ: 'at+jwt' });
      taken[name] = payload.sub;
    } catch (error) {
      if (!error.code?.startsWith('ERR_J')) throw error;
    }
  }
  return taken;
}

console.log(JSON.stringify(await (make ? pair() : read())));
