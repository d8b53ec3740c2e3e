// What Doorward signs beside access tokens: status lists and security events.
import jwt from 'jsonwebtoken';

/** The claims of a token of this type, once it has been verified. */
export async function signed(token, typ, keys, expected) {
  const { header } = jwt.decode(token, { complete: true }) ?? {};
  // Else an access token could be shown as something else.
  if (String(header?.typ).toLowerCase().replace(/^application\//, '') !== typ) {
    throw new jwt.JsonWebTokenError(`this is no ${typ}`);
  }
  const key = await keys.getSigningKey(header.kid);
  // Named here, as for access tokens. What is for everybody is signed with a key that nobody shares.
  return jwt.verify(token, key.getPublicKey(), { ...expected, algorithms: ['ES256', 'RS256'] });
}
