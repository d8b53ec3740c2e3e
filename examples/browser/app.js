// The page: shows what session.js knows, and hands it what is typed.
import { call, onChange, signIn, signOut, signedIn } from './session.js';

const at = (id) => document.getElementById(id);

function show() {
  at('sign-in').hidden = signedIn();
  at('signed-in').hidden = !signedIn();
}

// Says what came of it. Text, never HTML: it may hold what others have written.
async function say(task) {
  at('said').textContent = '…';
  try {
    at('said').textContent = await task();
  } catch (error) {
    at('said').textContent = error.message;
  }
  show();
}

at('sign-in').addEventListener('submit', (event) => {
  event.preventDefault();
  const form = event.target;
  say(async () => {
    await signIn(form.username.value, form.password.value);
    form.reset();
    return 'Welcome.';
  });
});

at('call').addEventListener('click', () =>
  say(async () => {
    const answer = await call('/test_jwt');
    const { username, error_description } = await answer.json();
    return answer.ok ? `The API knows you as ${username}.` : error_description;
  }),
);

at('sign-out').addEventListener('click', () =>
  say(async () => {
    await signOut();
    return 'You are signed out.';
  }),
);

onChange(show);
show();
