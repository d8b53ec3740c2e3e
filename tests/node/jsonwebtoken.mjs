// jsonwebtoken with jwks-rsa, or with a shared secret: which of the tokens it takes.
import jwt from 'jsonwebtoken';
import jwksRsa from 'jwks-rsa';

const { issuer, audience, alg, secret, tokens } = JSON.parse(process.env.ASKED);
const client = jwksRsa({ jwksUri: `${issuer}/.well-known/jwks.json` });

function key(header, callback) {
  if (secret) return callback(null, secret);
  client.getSigningKey(header.kid, (error, found) => callback(error, found?.getPublicKey()));
}

const taken = {};
for (const [name, token] of Object.entries(tokens)) {
  await new Promise((resolve) => {
    jwt.verify(token, key, { issuer, audience, algorithms: [alg] }, (error, claims) => {
      if (!error) taken[name] = claims.username;
      resolve();
    });
  });
}
console.log(JSON.stringify(taken));
