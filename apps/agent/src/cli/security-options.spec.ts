import { parseSecurity, parseUlimit } from './security-options.ts';

test('limits are soft and hard', () => {
  expect(parseUlimit('core=0:-1', parseUlimit('nofile=1024'))).toEqual({
    nofile: { soft: 1024, hard: 1024 },
    core: { soft: 0, hard: -1 },
  });
  for (const text of ['nofile', 'files=1', 'nofile=2:1', 'nofile=-1:5', 'nofile=x', 'nofile=1:']) {
    expect(() => parseUlimit(text)).toThrow();
  }
});

test('what holds a container is said by name', () => {
  const no = parseSecurity('no-new-privileges');
  expect(parseSecurity('seccomp=unconfined', parseSecurity('apparmor:mine', no))).toEqual({
    noNewPrivileges: true,
    apparmor: 'mine',
    seccomp: 'unconfined',
  });
  expect(parseSecurity('no-new-privileges=false')).toEqual({ noNewPrivileges: false });
  expect(parseSecurity('no-new-privileges:true')).toEqual({ noNewPrivileges: true });
  expect(parseSecurity('seccomp=builtin')).toEqual({ seccomp: 'default' });
  for (const text of ['seccomp', 'seccomp=', 'no-new-privileges=maybe', 'label=disable', '']) {
    expect(() => parseSecurity(text)).toThrow(/It is/);
  }
});
