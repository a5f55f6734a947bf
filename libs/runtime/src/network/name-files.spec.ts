import { hostsFile, isHostName, resolverFile } from './name-files.ts';

const none = { servers: [], search: [], options: [] };

describe('hostsFile', () => {
  it('has the container itself and its peers, each name once', () => {
    const text = hostsFile([
      { address: '10.77.0.2', names: ['web', 'abc', 'web'] },
      { address: '10.77.0.3', names: ['db'] },
    ]);
    expect(text).toContain('127.0.0.1\tlocalhost\n');
    expect(text).toContain('\n10.77.0.2\tweb abc\n10.77.0.3\tdb\n');
  });

  it('keeps what the container wrote below, and nothing else', () => {
    const first = hostsFile([{ address: '10.77.0.2', names: ['old'] }]);
    const second = hostsFile([], `${first}10.0.0.1 mine\n`);
    expect(second).not.toContain('old');
    expect(second).toMatch(/stays\.\n10\.0\.0\.1 mine\n$/);
    expect(hostsFile([], '1.2.3.4 without our lines\n')).toBe(hostsFile([]));
  });
});

describe('resolverFile', () => {
  const host =
    'nameserver 127.0.0.53\nnameserver 192.0.2.1\nnameserver ::1\noptions edns0 trust-ad\nsearch a.test b.test\n# x\n';

  it("is the host's, without resolvers on the host's own loopback", () => {
    expect(resolverFile(none, host)).toBe(
      'nameserver 192.0.2.1\nsearch a.test b.test\noptions edns0 trust-ad\n',
    );
    expect(resolverFile(none, 'nameserver 127.0.0.1\n')).toBe('');
    expect(resolverFile(none, '')).toBe('');
  });

  it('is what was wished, one thing and not the others', () => {
    expect(resolverFile({ ...none, servers: ['9.9.9.9', 'fd00::1'] }, host)).toBe(
      'nameserver 9.9.9.9\nnameserver fd00::1\nsearch a.test b.test\noptions edns0 trust-ad\n',
    );
    expect(resolverFile({ servers: [], search: ['.'], options: ['ndots:2'] }, host)).toBe(
      'nameserver 192.0.2.1\noptions ndots:2\n',
    );
  });
});

test('names that would be more than a name in /etc/hosts are none', () => {
  for (const text of ['db', 'my_db', 'a.b-c', 'A1']) expect(isHostName(text)).toBe(true);
  for (const text of ['', 'a b', 'a\n1.2.3.4', '-a', 'a-', '.', 'a#', 'x'.repeat(254)]) {
    expect(isHostName(text)).toBe(false);
  }
});
