import { parseMount, parseTmpfs, parseVolume } from './mount-options.ts';

test('volumes are folders of the host or have names, at paths of the container', () => {
  const [one, two] = parseVolume('/a:/b:ro', parseVolume('./c:/d'));
  expect(one).toEqual({
    type: 'bind',
    source: `${process.cwd()}/c`,
    destination: '/d',
    readOnly: false,
  });
  expect(two).toEqual({ type: 'bind', source: '/a', destination: '/b', readOnly: true });
  expect([...parseVolume('name:/b:ro,nocopy'), ...parseVolume('/b')]).toEqual([
    { type: 'volume', name: 'name', destination: '/b', readOnly: true, noCopy: true },
    { type: 'volume', destination: '/b', readOnly: false, noCopy: false },
  ]);
  for (const text of ['', 'a', ':/b', '/a:b', '/a:/b:rx', '/a:/b:ro:z', '/a:/b:nocopy']) {
    expect(() => parseVolume(text)).toThrow(/It is/);
  }
});

test("what is in memory has the kernel's options and no others", () => {
  expect(parseTmpfs('/run:size=64m,mode=1700,exec', parseTmpfs('/tmp'))).toEqual([
    { type: 'tmpfs', destination: '/tmp', options: [] },
    { type: 'tmpfs', destination: '/run', options: ['size=64m', 'mode=1700', 'exec'] },
  ]);
  for (const text of ['run', '/run:size=1x', '/run:source=/etc', '/run:bind', '/run:mode=9']) {
    expect(() => parseTmpfs(text)).toThrow();
  }
});

test('mounts are told field by field', () => {
  expect(parseMount('type=bind,source=/a,target=/b,readonly')).toEqual([
    { type: 'bind', source: '/a', destination: '/b', readOnly: true },
  ]);
  expect(parseMount('type=bind,"src=/with,comma",dst=/b,ro=false')).toEqual([
    { type: 'bind', source: '/with,comma', destination: '/b', readOnly: false },
  ]);
  expect(parseMount('type=tmpfs,destination=/t,tmpfs-size=64MB,tmpfs-mode=1770')).toEqual([
    { type: 'tmpfs', destination: '/t', options: ['size=64M', 'mode=1770'] },
  ]);
  expect(parseMount('src=name,dst=/b,volume-nocopy')).toEqual([
    { type: 'volume', name: 'name', destination: '/b', readOnly: false, noCopy: true },
  ]);
  for (const text of [
    'type=bind,target=/b',
    'type=bind,source=/a',
    'type=bind,source=/a,target=b',
    'type=bind,source=/a,target=/b,tmpfs-size=1m',
    'type=tmpfs,source=/a,target=/b',
    'type=npipe,target=/b',
    'type=bind,"source=/a,target=/b',
  ]) {
    expect(() => parseMount(text)).toThrow();
  }
});
