// Which access tokens were cut off: the status lists that Doorward publishes, kept for as long as they say.
//
// A token that is good by itself may have been cut off since it was issued: its user, device or sign-in was disabled or
// has ended. Its claim `status` names a list and a place in it.
import { inflateSync } from 'node:zlib';
import { signed } from './signed.js';

// A list of Doorward's has 256 KiB. What inflates to more is none, and must not fill the memory.
const longest = 1 << 20;

// A server learns of what has happened within a second, and signs a list anew a second later at the most.
const pace = 2_000;

/** The lists of one issuer, whose keys these are. */
export function statusLists(issuer, keys) {
  const lists = new Map();
  let renewed = -Infinity;

  async function load(uri) {
    const asked = performance.now();
    const answer = await fetch(uri, {
      headers: { Accept: 'application/statuslist+jwt' },
      redirect: 'error',
      signal: AbortSignal.timeout(5_000),
    });
    if (!answer.ok) throw new Error(`${uri} answers ${answer.status}`);
    // Else one list could be shown as another.
    const list = await signed(await answer.text(), 'statuslist+jwt', keys, { subject: uri });
    const { bits, lst } = list.status_list;
    if (![1, 2, 4, 8].includes(bits) || !(list.ttl > 0) || !list.exp || !list.iat) {
      throw new Error(`what ${uri} answers is no list`);
    }
    const places = inflateSync(Buffer.from(lst, 'base64url'), { maxOutputLength: longest });
    const seconds = Math.min(list.ttl, list.exp - Date.now() / 1000);
    return { bits, places, until: asked + seconds * 1000 };
  }

  function current(uri) {
    const now = performance.now();
    let kept = lists.get(uri);
    // What was fetched just after it was to be renewed may still be the list from before.
    const old = kept && kept.asked < renewed + pace && kept.asked + pace < now;
    if (!kept || old || now >= kept.until) {
      // One fetches, and the others wait for it. When no list can be had, all who ask within a second hear the same.
      kept = { asked: now, until: Infinity, list: load(uri) };
      lists.set(uri, kept);
      const after = kept;
      kept.list.then(
        (list) => (after.until = list.until),
        () => (after.until = performance.now() + 1_000),
      );
    }
    return kept.list;
  }

  /** Whether a verified token has not been cut off; it fails where that cannot be found out. */
  async function allows({ status }) {
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
  }

  /** From now on, lists that were fetched before are not good enough. */
  function renew() {
    renewed = performance.now();
  }

  return { allows, renew };
}
