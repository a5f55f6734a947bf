import { shown } from './shown.ts';

test('what has no answer is done', () => {
  expect(shown(undefined)).toBe('Done.');
});

test('a list is a table with a column for everything that any item has', () => {
  const items = [
    { name: 'ada', teams: ['web', 'api'], administrator: true },
    { name: 'bob', teams: [], createdAt: '2026-11-25T12:34:56.789Z' },
  ];
  expect(shown({ items })).toBe(
    [
      'NAME  TEAMS     ADMINISTRATOR  CREATED AT',
      'ada   web, api  yes',
      'bob   -                        2026-11-25 12:34',
    ].join('\n'),
  );
  expect(shown({ items: [] })).toBe('None.');
});

test('one thing is shown line by line, and what is in it below', () => {
  const answer = {
    name: 'acme+ci',
    grants: [
      { pattern: 'web', role: 'push' },
      { pattern: 'api', role: 'pull' },
    ],
    token: { api: false },
    claims: { Ref: 'refs/heads/*' },
  };
  expect(shown(answer)).toBe(
    [
      'NAME    acme+ci',
      'GRANTS  web push',
      '        api pull',
      'TOKEN',
      '  API  no',
      'CLAIMS  Ref=refs/heads/*',
    ].join('\n'),
  );
});

test('nothing in an answer commands the terminal', () => {
  expect(shown({ name: 'a\u001b[2Jb\rc' })).toBe('NAME  a [2Jb c');
});
