// What most tutorials on tokens build, on Doorward's tables and with Doorward's hashes: Express,
// Passport with passport-jwt, jsonwebtoken, argon2id and pg. One process, as they are started.
import crypto from 'node:crypto';
import express from 'express';
import jwt from 'jsonwebtoken';
import passport from 'passport';
import { ExtractJwt, Strategy } from 'passport-jwt';
import argon2 from '@node-rs/argon2';
import pg from 'pg';

const issuer = 'http://tutorial.test';
// As a key object: given the text, jsonwebtoken would first take it for a PEM at every call.
const key = crypto.createSecretKey(Buffer.from(process.env.SECRET));
const pool = new pg.Pool({ connectionString: process.env.DATABASE_URL, max: Number(process.env.CONNECTIONS) });

const sha256 = (text) => crypto.createHash('sha256').update(text).digest();
const accessToken = (row) =>
  jwt.sign(
    { sub: row.user_id, device_id: row.device_id, username: row.username, jti: crypto.randomUUID() },
    key,
    { algorithm: 'HS256', issuer, audience: 'tutorial', expiresIn: 300 },
  );
// The grant's id comes first, so that its row is found by the primary key.
const refreshToken = (grant) => `${grant}.${crypto.randomBytes(32).toString('base64url')}`;

passport.use(
  new Strategy(
    {
      jwtFromRequest: ExtractJwt.fromAuthHeaderAsBearerToken(),
      secretOrKey: key,
      algorithms: ['HS256'],
      issuer,
      audience: 'tutorial',
    },
    (claims, done) => done(null, claims),
  ),
);

const app = express();
app.disable('x-powered-by');
app.use(express.json());
app.use(passport.initialize());

app.post('/login', async (request, response) => {
  const { username, password } = request.body;
  const found = await pool.query({
    name: 'user',
    text: 'SELECT id AS user_id, username, password_hash FROM users WHERE username = $1 AND NOT disabled_now(disabled_at, disabled_until, now())',
    values: [username],
  });
  const user = found.rows[0];
  if (!user || !(await argon2.verify(user.password_hash, password))) {
    return response.status(401).json({ error: 'invalid_grant' });
  }
  const [device_id, grant] = [crypto.randomUUID(), crypto.randomUUID()];
  const token = refreshToken(grant);
  await pool.query({
    name: 'device',
    text: "INSERT INTO devices (id, user_id, name, kind, created_at, last_used_at) VALUES ($1, $2, 'device', 'unknown', now(), now())",
    values: [device_id, user.user_id],
  });
  await pool.query({
    name: 'grant',
    text: `INSERT INTO refresh_tokens (id, user_id, device_id, client_id, created_at, absolute_expires_at, expires_at, last_used_at, secret_hash)
           VALUES ($1, $2, $3, 'first-party', now(), now() + interval '90 days', now() + interval '30 days', now(), $4)`,
    values: [grant, user.user_id, device_id, sha256(token)],
  });
  response.json({ access_token: accessToken({ ...user, device_id }), refresh_token: token });
});

app.post('/token', async (request, response) => {
  const presented = request.body.refresh_token;
  const grant = presented.split('.')[0];
  const client = await pool.connect();
  try {
    await client.query('BEGIN');
    const found = await client.query({
      name: 'find',
      text: `SELECT g.user_id, g.device_id, u.username
             FROM refresh_tokens g JOIN users u ON u.id = g.user_id JOIN devices d ON d.id = g.device_id
             WHERE g.id = $1 AND g.secret_hash = $2 AND g.ended_at IS NULL AND g.expires_at > now()
                 AND NOT disabled_now(g.disabled_at, g.disabled_until, now())
                 AND NOT disabled_now(u.disabled_at, u.disabled_until, now())
                 AND NOT disabled_now(d.disabled_at, d.disabled_until, now())
             FOR UPDATE OF g`,
      values: [grant, sha256(presented)],
    });
    if (found.rows.length === 0) {
      await client.query('ROLLBACK');
      return response.status(400).json({ error: 'invalid_grant' });
    }
    const token = refreshToken(grant);
    await client.query({
      name: 'rotate',
      text: `UPDATE refresh_tokens SET secret_hash = $2, last_used_at = now(), generation = generation + 1,
                 expires_at = LEAST(now() + interval '30 days', absolute_expires_at) WHERE id = $1`,
      values: [grant, sha256(token)],
    });
    await client.query('COMMIT');
    response.json({ access_token: accessToken(found.rows[0]), refresh_token: token });
  } catch (error) {
    await client.query('ROLLBACK').catch(() => {});
    throw error;
  } finally {
    client.release();
  }
});

app.get('/test_jwt', passport.authenticate('jwt', { session: false }), (request, response) => {
  response.json({ sub: request.user.sub, username: request.user.username, device_id: request.user.device_id });
});

app.listen(Number(process.env.PORT), '127.0.0.1', () => console.log('ready'));
