// What was cut off a moment ago: Doorward's live feed, `GET /events`, kept in memory.
//
// A message of it is a security event token (RFC 8417): a signed statement of what was cut off or enabled again, and
// when. What was cut off before we listened is in the status lists.
import { setTimeout as sleep } from 'node:timers/promises';
import { events } from 'fetch-event-stream';
import jwt from 'jsonwebtoken';
import { signed } from './signed.js';

const caep = 'https://schemas.openid.net/secevent/caep/event-type';
const risc = 'https://schemas.openid.net/secevent/risc/event-type';

// No access token of Doorward's lives for longer (seconds): what was cut off before has expired.
const longest = 3_600;

// Doorward says something every five seconds. Who is silent for so long (milliseconds) is not there any more.
const silence = 15_000;

// However long Doorward is away, it is looked for that often (milliseconds).
const patience = 30_000;

/** What of an access token a subject (RFC 9493) names. */
function named({ format, sub, jti, session, device, application, user }) {
  if (format === 'jwt_id') return `jti ${jti}`;
  // Not `sub`: enabling the account does not bring back the sign-ins of the user that were ended.
  if (format === 'iss_sub') return `account ${sub}`;
  if (session) return `sid ${session.id}`;
  if (device) return `device_id ${device.id}`;
  if (application) return `client_id ${application.id}`;
  return `sub ${user?.sub}`;
}

/** The feed of one issuer, whose keys these are. `renew` is called when the status lists may say something else. */
export function liveFeed({ issuer, audience, keys, renew }) {
  const held = new Map();
  let last; // the id of the last event that was heard
  let retry = 3_000;
  let wait = retry;

  function heed({ sub_id, events }) {
    for (const [type, { event_timestamp: at, until, claims }] of Object.entries(events)) {
      switch (type) {
        case `${caep}/session-revoked`:
        case `${risc}/account-disabled`:
        case `${risc}/account-purged`:
          held.set(named(sub_id), { at, until });
          break;
        case `${caep}/session-established`:
        case `${risc}/account-enabled`:
          held.delete(named(sub_id));
          renew();
          break;
        case `${caep}/token-claims-change`:
          held.set(`roles ${sub_id.sub}`, { at, roles: claims.roles });
      }
    }
  }

  async function hear(token) {
    try {
      heed(await signed(token, 'secevent+jwt', keys, { issuer, audience }));
    } catch (error) {
      // Not Doorward's word, and never will be. Whatever else went wrong may go well when we hear it again.
      if (!(error instanceof jwt.JsonWebTokenError)) throw error;
      console.error(`an event that is not believed: ${error.message}`);
    }
  }

  async function accessToken({ id, secret }, signal) {
    const credentials = [id, secret].map(encodeURIComponent).join(':');
    const answer = await fetch(`${issuer}/token`, {
      method: 'POST',
      headers: { Authorization: `Basic ${btoa(credentials)}` },
      body: new URLSearchParams({ grant_type: 'client_credentials', scope: 'events' }),
      redirect: 'error',
      signal,
    });
    if (!answer.ok) throw new Error(`${answer.url} answers ${answer.status}`);
    return (await answer.json()).access_token;
  }

  /** Listens until the stream ends, which it does with its access token. */
  async function connect(client) {
    const over = new AbortController();
    const timer = setTimeout(() => over.abort(new Error(`${issuer} says nothing`)), silence);
    try {
      const headers = { Accept: 'text/event-stream', Authorization: `Bearer ${await accessToken(client, over.signal)}` };
      if (last !== undefined) headers['Last-Event-ID'] = last;
      const answer = await fetch(`${issuer}/events`, { headers, redirect: 'error', signal: over.signal });
      // We were away for too long, or Doorward's database is another: the status lists tell what we missed.
      if ([400, 410].includes(answer.status)) {
        last = undefined;
        wait = retry;
      }
      if (!answer.ok) throw new Error(`${answer.url} answers ${answer.status}`);
      wait = retry;
      forget();
      const ticking = new TransformStream({
        transform(bytes, out) {
          timer.refresh();
          out.enqueue(bytes);
        },
      });
      for await (const message of events(new Response(answer.body.pipeThrough(ticking)))) {
        if (message.retry) wait = retry = message.retry;
        if (message.data) await hear(message.data);
        if (message.id !== undefined) last = message.id;
      }
    } finally {
      clearTimeout(timer);
      over.abort();
    }
  }

  /** What is too old to matter or, where we begin anew, everything. */
  function forget() {
    const oldest = last === undefined ? Infinity : Date.now() / 1000 - longest;
    for (const [name, { at }] of held) if (at < oldest) held.delete(name);
    if (last === undefined) renew();
  }

  return {
    /** Whether a verified token has not been cut off, as far as was heard. */
    allows(token) {
      const { sub, device_id, sid, client_id, jti, iat, roles = [] } = token;
      const names = { account: sub, roles: sub, sub, device_id, sid, client_id, jti };
      return Object.entries(names).every(([name, value]) => {
        const told = held.get(`${name} ${value}`);
        if (!told || iat > told.at) return true;
        if (told.roles) return told.roles.length === roles.length && told.roles.every((role) => roles.includes(role));
        return told.until <= Date.now() / 1000;
      });
    },

    /** Listens for ever, as a client with the scope `events`. */
    async listen(client) {
      for (;;) {
        const began = performance.now();
        try {
          await connect(client);
        } catch (error) {
          console.error(`the live feed: ${(error.cause ?? error).message}`);
        }
        // At once after a stream that lived for longer, so that little is missed.
        await sleep(Math.max(0, began + wait - performance.now()));
        wait = Math.min(2 * wait, patience);
      }
    },
  };
}
