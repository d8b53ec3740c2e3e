// An API in Express whose callers show an access token of Doorward.
//
// It never asks Doorward about a token: the signature is checked with the public keys that Doorward
// publishes, fetched when a key is first met and kept for five minutes, and whether it was cut off with
// the status lists, kept for half a minute, and with the live feed, where this API is a client that may listen to it.
import express from 'express';
import passport from 'passport';
import { ExtractJwt, Strategy } from 'passport-jwt';
import jwksRsa from 'jwks-rsa';
import { liveFeed } from './feed.js';
import { statusLists } from './status-lists.js';

const issuer = process.env.DOORWARD_ISSUER ?? 'http://127.0.0.1:8000';
const audience = process.env.DOORWARD_AUDIENCE ?? 'doorward';
// Of Doorward itself, where this API has another.
const feedAudience = process.env.DOORWARD_FEED_AUDIENCE ?? audience;
const client = { id: process.env.DOORWARD_CLIENT_ID, secret: process.env.DOORWARD_CLIENT_SECRET };

// Anybody can invent key ids, and each that is not known asks for the keys: they must not become as
// many requests to Doorward. jwks-rsa's own `rateLimit` would count the invented ones against the
// honest, and refuse both; here both get an answer that is a few seconds old.
let keys;
let fetchedAt = -Infinity;
function fetchKeys(uri) {
  if (performance.now() - fetchedAt > 5_000) {
    fetchedAt = performance.now();
    keys = fetch(uri, { signal: AbortSignal.timeout(5_000) }).then((answer) => {
      if (!answer.ok) throw new Error(`${uri} answers ${answer.status}`);
      return answer.json();
    });
  }
  return keys;
}

const jwks = {
  jwksUri: `${issuer}/.well-known/jwks.json`,
  fetcher: fetchKeys,
  // As long as Doorward lets the answer be kept. A key that is taken away lives on here
  // for so long at the most; an hour more while Doorward cannot be reached.
  cacheMaxAge: 5 * 60_000,
  cacheMaxAgeFallback: 60 * 60_000,
};
const keyring = jwksRsa(jwks);
const lists = statusLists(issuer, keyring);
const feed = liveFeed({ issuer, audience: feedAudience, keys: keyring, renew: lists.renew });
if (client.secret) feed.listen(client);

passport.use(
  new Strategy(
    {
      jwtFromRequest: ExtractJwt.fromAuthHeaderAsBearerToken(),
      secretOrKeyProvider: jwksRsa.passportJwtSecret(jwks),
      // One Doorward may serve several APIs. Without these two, each would take the others' tokens.
      issuer,
      audience,
      // Named here, never read from the token: else a caller would sign with HS256 and the public key.
      algorithms: ['ES256', 'RS256'],
      // Hands the header to the function below as well.
      jsonWebTokenOptions: { complete: true },
    },
    ({ header, payload }, done) => {
      // An issuer signs other things with the same keys, such as ID tokens: RFC 9068, section 4.
      // A token that never expires is not one of Doorward's, and the library would take it.
      if (!/^(application\/)?at\+jwt$/i.test(header.typ ?? '') || !payload.exp) {
        return done(null, false);
      }
      // Bound to a key (RFC 9449): without a proof of it, which this API does not read, it may be stolen.
      if (payload.cnf) return done(null, false);
      // Cut off a moment ago.
      if (!feed.allows(payload)) return done(null, false);
      // Last: whoever invents tokens must not make us ask for lists. Where none can be had it is our trouble, not the
      // caller's: an app that is told 401 would throw its token away.
      lists.allows(payload).then(
        (allowed) => done(null, allowed && payload),
        () => done(Object.assign(new Error('the status list cannot be had'), { status: 503 })),
      );
    },
  ),
);

const app = express();
app.disable('x-powered-by');

app.get('/test_jwt', passport.authenticate('jwt', { session: false, failWithError: true }), (req, res) => {
  const { sub, username, roles, device_id } = req.user;
  res.json({ sub, username, roles, device_id });
});

// The app sees 401, asks Doorward for a fresh access token once, and tries again.
app.use((error, req, res, next) => {
  if (error.status === 503) return res.status(503).set('Retry-After', '1').json({ error: 'temporarily_unavailable' });
  if (error.status !== 401) return next(error);
  res.status(401).set('WWW-Authenticate', 'Bearer error="invalid_token"').json({ error: 'invalid_token' });
});

const server = app.listen(Number(process.env.PORT ?? 3000), '127.0.0.1', (error) => {
  if (error) throw error;
  console.log(`listening on http://127.0.0.1:${server.address().port}`);
});
