// The key of this browser (RFC 9449). Doorward binds the tokens to it, so that they are worth nothing to whoever
// copies them out of localStorage: not even this page's own scripts can take the private half out. It is kept in
// IndexedDB, which can store keys without showing them.

const NAME = 'doorward.key';

const done = (request) =>
  new Promise((resolve, reject) => {
    request.onsuccess = () => resolve(request.result);
    request.onerror = () => reject(request.error);
  });

async function open() {
  const opening = indexedDB.open(NAME, 1);
  opening.onupgradeneeded = () => opening.result.createObjectStore(NAME);
  return done(opening);
}

// The key pair that is kept, or a new one. Of two tabs that make one at once, both use what is kept in the end.
async function pair() {
  const made = await crypto.subtle.generateKey({ name: 'ECDSA', namedCurve: 'P-256' }, false, ['sign']);
  const database = await open();
  try {
    const store = database.transaction(NAME, 'readwrite').objectStore(NAME);
    const kept = await done(store.get(NAME));
    if (!kept) await done(store.put(made, NAME));
    return kept ?? made;
  } finally {
    database.close();
  }
}

let known;

const base64url = (bytes) =>
  btoa(String.fromCharCode(...new Uint8Array(bytes)))
    .replaceAll('+', '-')
    .replaceAll('/', '_')
    .replaceAll('=', '');

const encode = (text) => new TextEncoder().encode(text);

/** A proof, good once, that a request comes from whoever holds the key; with an access token, for that one. */
export async function prove(method, url, accessToken) {
  known ??= pair();
  const { privateKey, publicKey } = await known;
  const { kty, crv, x, y } = await crypto.subtle.exportKey('jwk', publicKey);
  const { origin, pathname } = new URL(url);
  const claims = {
    jti: crypto.randomUUID(),
    htm: method,
    htu: origin + pathname,
    iat: Math.floor(Date.now() / 1000),
  };
  if (accessToken) claims.ath = base64url(await crypto.subtle.digest('SHA-256', encode(accessToken)));
  const header = { typ: 'dpop+jwt', alg: 'ES256', jwk: { kty, crv, x, y } };
  const message = [header, claims].map((part) => base64url(encode(JSON.stringify(part)))).join('.');
  const signature = await crypto.subtle.sign({ name: 'ECDSA', hash: 'SHA-256' }, privateKey, encode(message));
  return `${message}.${base64url(signature)}`;
}
