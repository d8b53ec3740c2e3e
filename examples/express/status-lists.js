// Which access tokens were cut off: the status lists that Doorward publishes, kept for as long as they say.
//
// A token that is good by itself may have been cut off since it was issued: its user, device or sign-in was disabled or
// has ended. Its claim `status` names a list and a place in it.
import { inflateSync } from 'node:zlib';
import jwt from 'jsonwebtoken';

// A list of Doorward's has 256 KiB. What inflates to more is none, and must not fill the memory.
const longest = 1 << 20;

/** A function that tells whether a verified token has not been cut off; it fails where that cannot be found out. */
export function statusLists(issuer, keys) {
  const lists = new Map();

  function verify(token) {
    const key = ({ kid }, done) =>
      keys.getSigningKey(kid).then((found) => done(null, found.getPublicKey()), done);
    // Named here, as for access tokens. A list is signed with a key that nobody shares.
    const options = { algorithms: ['ES256', 'RS256'], complete: true };
    return new Promise((done, fail) =>
      jwt.verify(token, key, options, (error, decoded) => (error ? fail(error) : done(decoded))),
    );
  }

  async function load(uri) {
    const asked = performance.now();
    const answer = await fetch(uri, {
      headers: { Accept: 'application/statuslist+jwt' },
      redirect: 'error',
      signal: AbortSignal.timeout(5_000),
    });
    if (!answer.ok) throw new Error(`${uri} answers ${answer.status}`);
    const { header, payload } = await verify(await answer.text());
    // Else an access token could be shown as a list, and one list as another.
    if (!/^(application\/)?statuslist\+jwt$/i.test(header.typ ?? '') || payload.sub !== uri) {
      throw new Error(`what ${uri} answers is not that list`);
    }
    const { bits, lst } = payload.status_list;
    if (![1, 2, 4, 8].includes(bits) || !(payload.ttl > 0) || !payload.exp || !payload.iat) {
      throw new Error(`what ${uri} answers is no list`);
    }
    const places = inflateSync(Buffer.from(lst, 'base64url'), { maxOutputLength: longest });
    const seconds = Math.min(payload.ttl, payload.exp - Date.now() / 1000);
    return { bits, places, until: asked + seconds * 1000 };
  }

  function current(uri) {
    let kept = lists.get(uri);
    if (!kept || performance.now() >= kept.until) {
      // One fetches, and the others wait for it. When no list can be had, all who ask within a second hear the same.
      kept = { until: Infinity, list: load(uri) };
      lists.set(uri, kept);
      const after = kept;
      kept.list.then(
        (list) => (after.until = list.until),
        () => (after.until = performance.now() + 1_000),
      );
    }
    return kept.list;
  }

  return async function allows({ status }) {
    // Of a client that acts for itself, or of a sign-in from before there were lists.
    if (status === undefined) return true;
    const { uri, idx } = status?.status_list ?? {};
    if (typeof uri !== 'string' || !uri.startsWith(`${issuer}/status-lists/`)) return false;
    if (!Number.isSafeInteger(idx) || idx < 0) return false;
    const { bits, places } = await current(uri);
    const byte = Math.floor((idx * bits) / 8);
    if (byte >= places.length) return false;
    // 0 is valid, 1 ended, 2 disabled; what is not known is no better.
    return ((places[byte] >> ((idx * bits) % 8)) & ((1 << bits) - 1)) === 0;
  };
}
