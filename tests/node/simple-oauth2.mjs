// simple-oauth2, which discovers nothing and introspects nothing: refresh, revocation, and a token of its own.
import { AuthorizationCode, ClientCredentials } from 'simple-oauth2';

const { issuer, client_id, secret, method, refresh_token } = JSON.parse(process.env.ASKED);
const config = {
  client: { id: client_id, secret },
  auth: { tokenHost: issuer, tokenPath: '/token', revokePath: '/revoke' },
  options: { authorizationMethod: method === 'basic' ? 'header' : 'body' },
};

const did = {};
const before = new AuthorizationCode(config).createToken({ refresh_token });
const after = await before.refresh();
did.refreshed = after.token.refresh_token !== refresh_token && !after.expired();
did.scope = after.token.scope;

const own = await new ClientCredentials(config).getToken({ scope: 'read' });
did.own = own.token.scope;

await after.revokeAll();
try {
  await after.refresh();
} catch (error) {
  did.refused = error.data.payload.error;
}
console.log(JSON.stringify(did));
