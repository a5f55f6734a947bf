import { databaseUrls } from './database-url.ts';

test.each([
  ['postgres://db/slipway', ['postgres://db/slipway']],
  ['postgresql://u:p@db:5433/slipway?sslmode=require', undefined],
  ['postgres://u@localhost/x?host=%2Frun%2Fpostgres', undefined],
  ['postgres://u@%2Frun%2Fpostgres/x', undefined],
  ['postgres:///slipway', undefined],
  [
    'postgres://u:a%40b@one:5432,two:5433,[::1]:5434/slipway?sslmode=require&target_session_attrs=read-write',
    [
      'postgres://u:a%40b@one:5432/slipway?sslmode=require',
      'postgres://u:a%40b@two:5433/slipway?sslmode=require',
      'postgres://u:a%40b@[::1]:5434/slipway?sslmode=require',
    ],
  ],
  ['postgres://one,two?target_session_attrs=primary', ['postgres://one', 'postgres://two']],
])('%s is the database at these servers', (text, servers) => {
  expect(databaseUrls(text)).toEqual(servers ?? [text]);
});

test.each([
  'mysql://db',
  'db',
  'postgres://one:x,two/slipway',
  'postgres://one,,two/slipway',
  'postgres://one,two/slipway?target_session_attrs=standby',
])('%s is none', (text) => {
  expect(databaseUrls(text)).toBeUndefined();
});
