import { ago } from './ago.ts';
import { artifactKind, pullCommands } from './artifacts.ts';
import { bytes, exactBytes, growth } from './bytes.ts';
import { modeInLetters } from './modes.ts';
import { parsePlace, placeOf, short } from './reference.ts';
import { step } from './steps.ts';

test.each([
  [0, '0 B'],
  [999, '999 B'],
  [1000, '1.0 kB'],
  [31_457_280, '31.5 MB'],
  [999_949, '1.0 MB'],
  [123_456_789, '123 MB'],
  [5_000_000_000_000, '5.0 TB'],
])('%i bytes are %s to people', (count, words) => {
  expect(bytes(count)).toBe(words);
});

test('the exact number of bytes has its thousands apart', () => {
  expect(exactBytes(31_457_280)).toBe('31 457 280 bytes');
  expect(exactBytes(1)).toBe('1 byte');
});

test.each([
  [100, 112, '+12 %'],
  [1000, 970, '−3 %'],
  [1000, 1001, 'as big as before'],
  [1, 20_000, '+1 999 900 %'],
])('from %i to %i is %s', (from, to, words) => {
  expect(growth(from, to)).toBe(words);
});

test.each([
  ['2026-11-27T11:59:58Z', 'just now'],
  ['2026-11-27T09:00:00Z', '3 hours ago'],
  ['2026-11-26T11:00:00Z', 'yesterday'],
  ['2026-12-04T12:00:00Z', 'in 7 days'],
  ['2024-01-01T00:00:00Z', '2 years ago'],
])('%s is %s', (at, words) => {
  expect(ago(at, Date.parse('2026-11-27T12:00:00Z'))).toBe(words);
});

test.each([
  ['acme/web', { repository: 'acme/web', reference: undefined }],
  ['acme/web:1.0', { repository: 'acme/web', reference: '1.0' }],
  ['acme/web@sha256:ab', { repository: 'acme/web', reference: 'sha256:ab' }],
  ['acme/web:1.0@sha256:ab', { repository: 'acme/web', reference: 'sha256:ab' }],
])('%s is a place', (text, place) => {
  expect(parsePlace(text)).toEqual(place);
});

test.each([
  ['0755', 'rwxr-xr-x'],
  ['0640', 'rw-r-----'],
  ['4755', 'rwsr-xr-x'],
  ['2644', 'rw-r-Sr--'],
  ['1777', 'rwxrwxrwt'],
  ['0000', '---------'],
])('the mode %s is %s', (octal, letters) => {
  expect(modeInLetters(octal)).toBe(letters);
});

test('a place is written as it is read', () => {
  for (const text of ['a/b', 'a/b:1', 'a/b@sha256:ab']) {
    const { repository, reference } = parsePlace(text);
    expect(placeOf(repository, reference)).toBe(text);
  }
  expect(short(`sha256:${'ab'.repeat(32)}`)).toBe('sha256:abababababab');
});

test.each([
  ['/bin/sh -c #(nop)  CMD ["sh"]', 'CMD ["sh"]'],
  ['/bin/sh -c apk add curl', 'RUN apk add curl'],
  ['RUN /bin/sh -c make   all # buildkit', 'RUN make all'],
  ['|1 VERSION=1.0 /bin/sh -c make', 'RUN make'],
  ['COPY app /srv # buildkit', 'COPY app /srv'],
])('%s was %s', (createdBy, written) => {
  expect(step(createdBy)).toBe(written);
});

test('what is no image says what it is, and with which client one pulls it', () => {
  const chart = artifactKind({
    kind: 'artifact',
    artifactType: 'application/vnd.cncf.helm.config.v1+json',
  });
  expect(chart.name).toBe('Helm chart');
  expect(pullCommands('r.example', 'acme/chart', '1.0', chart)[0]).toEqual([
    'helm',
    'helm pull oci://r.example/acme/chart --version 1.0',
  ]);
  const image = artifactKind({ kind: 'image' });
  expect(pullCommands('r.example', 'acme/web', 'sha256:ab', image)[0]).toEqual([
    'docker',
    'docker pull r.example/acme/web@sha256:ab',
  ]);
});
