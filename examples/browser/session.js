// The sign-in at Doorward, one for all tabs of this origin. Copy this file; app.js is only the page.
//
// The tokens are in localStorage. They survive a reload and are the same in every tab, and any script that
// ever runs on this origin can read them: one injected line, one bad package. Taken away they are worth nothing,
// since they are bound to a key that does not leave this browser (key.js). But while such a script runs here, it
// can use that key; what helps against it is in the page's Content-Security-Policy. To have the tokens out of every
// script's reach, keep them in a server of your own and give the browser an HttpOnly cookie for that (a "backend
// for frontend").

import { prove } from './key.js';

const doorward = document.querySelector('meta[name=doorward]').content;
const TOKENS = 'doorward.tokens';
const DEVICE = 'doorward.device';

/** Doorward said no: `message` is for people, `reason` for programs. */
export class Refused extends Error {
  constructor({ error_description, reason }) {
    super(error_description);
    this.reason = reason;
  }
}

/** No answer, or none for now: nothing is lost, try again later. */
export class Away extends Error {
  constructor() {
    super('No answer. Try again later.');
  }
}

const stored = () => JSON.parse(localStorage.getItem(TOKENS));

export const signedIn = () => stored() !== null;

/** Calls `changed` when another tab signs in or out. */
export function onChange(changed) {
  addEventListener('storage', ({ key }) => (key === TOKENS || key === null) && changed());
}

// One tab at a time, and in it one task at a time, reads the tokens, has them exchanged, and stores the new ones.
// What another tab has stored may be seen here a moment later: then this one shows the same refresh token once
// more, and gets the same successor.
const alone = (task) => navigator.locks.request(TOKENS, task);

function keep(answer) {
  // Both in one entry: a tab that is closed now has stored the whole pair or nothing of it.
  const { access_token, refresh_token } = answer;
  localStorage.setItem(TOKENS, JSON.stringify({ access_token, refresh_token }));
  // Outlives the sign-in: the next one is then on the same device, and not on one more.
  localStorage.setItem(DEVICE, answer.device_token);
}

async function post(path, body) {
  let status, answer;
  const DPoP = await prove('POST', doorward + path);
  try {
    const response = await fetch(doorward + path, {
      method: 'POST',
      headers: { 'Content-Type': 'application/json', DPoP },
      body: JSON.stringify(body),
      signal: AbortSignal.timeout(8_000),
    });
    status = response.status;
    answer = await response.json();
  } catch {
    throw new Away(); // also when it broke off in the middle
  }
  if (status === 429 || status >= 500) throw new Away();
  if (status !== 200) throw new Refused(answer);
  return answer;
}

export async function signIn(username, password) {
  const token = localStorage.getItem(DEVICE);
  const device = token ? { token } : { name: 'A browser', kind: 'browser' };
  // Not tried again by itself: without a device token, each try is one more device.
  const answer = await post('/login', { username, password, device });
  await alone(() => keep(answer));
}

// When an answer is lost, the tokens may have been exchanged or not, and only Doorward knows. So the same
// refresh token is shown again, and gets the same successor as the first time: for half a minute, in which
// these three tries have begun.
async function exchange(refresh_token) {
  for (const pause of [0, 1_000, 3_000]) {
    await new Promise((go) => setTimeout(go, pause));
    try {
      return await post('/token', { refresh_token });
    } catch (error) {
      if (!(error instanceof Away)) throw error;
    }
  }
  throw new Away();
}

// Gets a pair in the place of that with `access_token`, which was not good.
function refresh(access_token) {
  return alone(async () => {
    const held = stored();
    // While this one waited for the lock, another may have refreshed, or signed out.
    if (held?.access_token !== access_token) return;
    try {
      keep(await exchange(held.refresh_token));
    } catch (error) {
      // What is disabled may be enabled again, and then the same token works. All else has ended.
      if (error instanceof Refused && !error.reason?.endsWith('_disabled')) localStorage.removeItem(TOKENS);
      throw error;
    }
  });
}

/** `fetch` with the access token, for an API of yours or Doorward's own paths. */
export async function call(url, options = {}) {
  for (let tries = 1; ; tries += 1) {
    const held = stored();
    if (!held) throw new Refused({ error_description: 'You are signed out.', reason: 'token_ended' });
    const target = new URL(url, doorward);
    const DPoP = await prove(options.method ?? 'GET', target, held.access_token);
    const headers = { ...options.headers, Authorization: `DPoP ${held.access_token}`, DPoP };
    let answer;
    try {
      answer = await fetch(target, { ...options, headers });
    } catch {
      throw new Away();
    }
    // 401 is the one sign that an access token is not good any more. It is sent before anything is done,
    // so the call can be made again, once.
    if (answer.status !== 401 || tries === 2) return answer;
    await refresh(held.access_token);
  }
}

/** Signs this device out at Doorward, for good, and only then forgets the tokens. */
export async function signOut() {
  const answer = await call('/logout', { method: 'POST' });
  if (answer.status === 429 || answer.status >= 500) throw new Away();
  if (!answer.ok) throw new Refused(await answer.json());
  await alone(() => localStorage.removeItem(TOKENS));
}
