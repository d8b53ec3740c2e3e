// openid-client, from discovery on: what it makes of every endpoint.
import * as client from 'openid-client';

const { issuer, client_id, secret, method, discovery, refresh_token } = JSON.parse(process.env.ASKED);
const methods = { basic: client.ClientSecretBasic, post: client.ClientSecretPost, none: client.None };

const config = await client.discovery(new URL(issuer), client_id, undefined, methods[method](secret), {
  algorithm: discovery,
  // Without TLS, for the test.
  execute: [client.allowInsecureRequests],
});

const did = {};
const tokens = await client.refreshTokenGrant(config, refresh_token);
did.refreshed = tokens.refresh_token !== refresh_token && tokens.expiresIn() > 0;
did.scope = tokens.scope ?? '';

if (secret) {
  const own = await client.clientCredentialsGrant(config, { scope: 'read' });
  did.own = own.scope;
  const known = await client.tokenIntrospection(config, own.access_token);
  did.introspected = [known.active, known.client_id, known.scope];
  did.user = (await client.tokenIntrospection(config, tokens.refresh_token)).username;
}

await client.tokenRevocation(config, tokens.refresh_token);
if (secret) did.revoked = (await client.tokenIntrospection(config, tokens.refresh_token)).active;
try {
  await client.refreshTokenGrant(config, tokens.refresh_token);
} catch (error) {
  did.refused = error.error;
}
console.log(JSON.stringify(did));
