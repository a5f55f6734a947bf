import { parseSettings } from './settings.ts';
import { welcome } from './welcome.ts';

const shown = (url: string, generatedPassword?: string, environment = {}) =>
  welcome({ url, generatedPassword }, parseSettings(environment));

test('it shows where it serves, the name, the new password once, and three lines to try', () => {
  expect(shown('http://127.0.0.1:5000', 'correct-horse')).toBe(`
Slipway serves at http://127.0.0.1:5000

  administrator  admin
  password       correct-horse   (shown only now: keep it)

Try it with any image that you have:

  docker login localhost:5000 --username admin
  docker tag hello-world localhost:5000/demo/hello-world
  docker push localhost:5000/demo/hello-world

`);
});

test('later it says that the password is the one that was kept', () => {
  const text = shown('http://127.0.0.1:5000', undefined, { SLIPWAY_ADMIN_USERNAME: 'root' });

  expect(text).toContain('(the one you have; SLIPWAY_ADMIN_PASSWORD sets a new one)');
  expect(text).toContain('docker login localhost:5000 --username root\n');
});

test.each([
  ['http://[::1]:5000', {}, 'localhost:5000'],
  ['http://192.0.2.7:5000', {}, '192.0.2.7:5000'],
  ['http://127.0.0.1:5000', { SLIPWAY_PUBLIC_URL: 'https://r.example.org' }, 'r.example.org'],
])('the host of %s with %j is %s', (url, environment, host) => {
  expect(shown(url, 'x', environment)).toContain(`docker login ${host} --username`);
});
