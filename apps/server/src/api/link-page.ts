import { BASE } from '@slipway/api';
import { policyOf, STYLE } from '../plain-page.ts';

const SCRIPT = `
const secret = location.hash.slice(1);
const title = document.querySelector('h1'), say = document.querySelector('output'), form = document.querySelector('form');
const field = (name) => form.elements[name];
async function ask(path, body, authorization) {
  const response = await fetch('${BASE}/links/' + path, {
    method: 'POST',
    headers: { 'content-type': 'application/json', ...(authorization && { authorization }) },
    body: JSON.stringify(body),
  });
  const answer = await response.json();
  if (response.ok) return answer;
  throw new Error(answer.detail);
}
const basic = (name, password) =>
  'Basic ' + btoa(String.fromCharCode(...new TextEncoder().encode(name + ':' + password)));
function showFor(link) {
  const reset = link.purpose === 'password-reset';
  title.textContent = reset
    ? 'Choose a password for ' + link.username
    : 'You are invited' + (link.organisation ? ' to ' + link.organisation : '');
  field('username').value = link.username ?? '';
  field('username').readOnly = reset;
  document.querySelector('#known').hidden = reset || !link.organisation;
  form.hidden = false;
  form.onsubmit = async (event) => {
    event.preventDefault();
    const [username, password] = [field('username').value, field('password').value];
    try {
      if (reset) await ask('choose-password', { secret, password });
      else if (field('known').checked) await ask('accept', { secret }, basic(username, password));
      else await ask('accept', { secret, username, password });
      form.hidden = true;
      title.textContent = 'Done';
      say.textContent = 'Sign in as ' + username + ': docker login ' + location.host;
    } catch (error) {
      say.textContent = error.message;
    }
  };
}
ask('show', { secret }).then(showFor, (error) => {
  title.textContent = 'This link does not hold';
  say.textContent = error.message;
});
`;

/** Where somebody accepts an invitation or chooses a password. The secret is behind the #, which no server sees. */
export const LINK_PAGE = `<!doctype html>
<html lang="en">
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>Slipway</title>
<style>${STYLE}</style>
<main>
<h1>Slipway</h1>
<form hidden>
<label id="known" hidden><input type="checkbox" name="known"> I have an account already</label>
<label>Username <input name="username" autocomplete="username" required></label>
<label>Password <input name="password" type="password" autocomplete="new-password" required></label>
<button>Go on</button>
</form>
<output role="status"></output>
</main>
<script>${SCRIPT}</script>
</html>
`;

/** Its own script and style, its own server, and nothing else. */
export const LINK_PAGE_POLICY = policyOf(SCRIPT);
