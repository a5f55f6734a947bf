import fc from 'fast-check';
import { resolveUser } from './user.ts';

const passwd = [
  'root:x:0:0:root:/root:/bin/sh',
  'app:x:1000:1001:App:/home/app:/bin/sh',
  'nohome:x:7:7:::',
  '99:x:0:0:digits for a name:/:/bin/sh',
  '4294967296:x:0:0:overflow:/:/bin/sh',
  'big:x:4294967295:0::/:',
  '# comment',
  'broken:x',
].join('\n');
const group = ['root:x:0:', 'staff:x:50:app,other', 'audio:x:29:app', 'app:x:1001:', 'broken'].join(
  '\n',
);
const accounts = { passwd, group };

const resolved = (text: string) => resolveUser(text, accounts);

describe('resolveUser', () => {
  it.each([
    ['', 0, 0, [], '/root'],
    ['root', 0, 0, [], '/root'],
    ['app', 1000, 1001, [50, 29], '/home/app'],
    ['1000', 1000, 1001, [50, 29], '/home/app'],
    ['app:staff', 1000, 50, [], '/home/app'],
    ['app:7', 1000, 7, [], '/home/app'],
    ['app:', 1000, 1001, [50, 29], '/home/app'],
    ['1234', 1234, 0, [], '/'],
    ['1234:56', 1234, 56, [], '/'],
    [':staff', 0, 50, [], '/root'],
    ['nohome', 7, 7, [], '/'],
    ['99', 99, 0, [], '/'],
  ])('reads %j', (text, uid, gid, additionalGids, home) => {
    expect(resolved(text)).toEqual({ uid, gid, additionalGids, home });
  });

  it.each([
    'nobody',
    'app:nogroup',
    'a:b:c',
    '4294967296',
    '2147483648',
    '99999999999999',
    'app:4294967296',
    'big',
    '-1',
    ' root',
    'root\n',
  ])('refuses %j', (text) => expect(() => resolved(text)).toThrow());

  it('needs no files for numbers', () => {
    const none = { passwd: '', group: '' };
    expect(resolveUser('5:6', none)).toEqual({ uid: 5, gid: 6, additionalGids: [], home: '/' });
    expect(resolveUser('', none)).toEqual({ uid: 0, gid: 0, additionalGids: [], home: '/' });
    expect(() => resolveUser('root', none)).toThrow(/has no user "root"/);
  });

  it('makes nobody root who did not ask for root, whatever the files say', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 2 ** 33 }),
        fc.string(),
        fc.string(),
        (id, one, two) => {
          const files = { passwd: `${id}:x:0:0::/:\n${one}`, group: two };
          let uid: number;
          try {
            uid = resolveUser(String(id), files).uid;
          } catch {
            return;
          }
          expect(uid).toBe(id);
        },
      ),
    );
  });
});
