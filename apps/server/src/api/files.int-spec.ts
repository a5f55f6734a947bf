import { hash, randomBytes, randomUUID } from 'node:crypto';
import { gzipSync, zstdCompressSync } from 'node:zlib';
import { compareFiles, listFiles, searchFiles, showSpace } from '@slipway/api';
import { archive, type Piece } from '@slipway/layers/testing';
import { named } from '@slipway/metadata/testing';
import { indexLayer } from '@slipway/registry';
import { TestApp } from '../testing/test-app.ts';

let app: TestApp;
beforeAll(async () => {
  app = await TestApp.start();
  for (const name of ['ada', 'eve']) await app.person(name);
});
afterAll(async () => app.stop());

const IMAGE = 'application/vnd.oci.image.manifest.v1+json';
const INDEX = 'application/vnd.oci.image.index.v1+json';
const digestOf = (bytes: Uint8Array) => `sha256:${hash('sha256', bytes, 'hex')}`;
const json = (value: unknown) => Buffer.from(JSON.stringify(value));

async function send(repository: string, method: string, path: string, type: string, body: Buffer) {
  const headers = { 'content-type': type };
  const answer = await app.fetch(`/v2/${repository}/${path}`, 'ada', { method, headers, body });
  if (answer.status !== 201) throw new Error(`${path}: ${answer.status} ${await answer.text()}`);
}

async function pushBlob(repository: string, bytes: Buffer, mediaType: string) {
  const digest = digestOf(bytes);
  const path = `blobs/uploads/?digest=${digest}`;
  await send(repository, 'POST', path, 'application/octet-stream', bytes);
  return { mediaType, digest, size: bytes.length };
}

async function push(
  repository: string,
  reference: string,
  layers: readonly Buffer[],
  architecture = 'amd64',
) {
  const config = json({ os: 'linux', architecture, rootfs: { type: 'layers', diff_ids: [] } });
  const pushed = await Promise.all(
    layers.map((bytes) => pushBlob(repository, bytes, 'application/vnd.oci.image.layer.v1.tar')),
  );
  const manifest = json({
    schemaVersion: 2,
    mediaType: IMAGE,
    config: await pushBlob(repository, config, 'application/vnd.oci.image.config.v1+json'),
    layers: pushed,
  });
  const digest = digestOf(manifest);
  await send(repository, 'PUT', `manifests/${reference || digest}`, IMAGE, manifest);
  const platform = { os: 'linux', architecture };
  return {
    mediaType: IMAGE,
    digest,
    size: manifest.length,
    platform,
    layers: pushed.map((each) => each.digest),
  };
}

async function indexAll(): Promise<void> {
  const running = new AbortController().signal;
  while ((await indexLayer(app.metadata, app.store, randomUUID, running)) !== undefined);
}

const layer = (...pieces: readonly Piece[]) => gzipSync(archive(...pieces));
const of = (
  repository: string,
  reference: string,
  query: Record<string, string | number | undefined> = {},
) => ({
  parameters: { repository: named(repository), reference },
  query,
});
const file = (
  repository: string,
  reference: string,
  what: 'text' | 'download',
  query: Record<string, string>,
  who = 'ada',
) =>
  app.fetch(
    `/api/v1/repositories/${encodeURIComponent(repository)}/images/${reference}/files/${what}?${String(new URLSearchParams(query))}`,
    who,
  );

/** Pushed once, looked into by all tests. */
const WEB = 'ada/web';
let base = '';
let top = '';
beforeAll(async () => {
  const lower = layer(
    { name: 'etc/', mode: 0o755 },
    { name: 'etc/motd', content: 'hello\n', uid: 7, gid: 8, mtime: 1_764_072_000 },
    { name: 'etc/shadow', content: 'secret' },
    { name: 'usr/bin/tool', content: randomBytes(3000), mode: 0o4755 },
    { name: 'usr/bin/other', type: '1', link: 'usr/bin/tool' },
    { name: 'bin', type: '2', link: 'usr/bin' },
    { name: 'dev/null', type: '3', device: [1, 3] },
    { name: 'var/cache/big', content: Buffer.alloc(50_000) },
  );
  const upper = zstdCompressSync(
    archive(
      { name: 'etc/.wh.shadow' },
      { name: 'var/.wh.cache' },
      { name: 'etc/motd', content: 'good morning\n' },
      { name: 'srv/grüße.txt', content: 'é' },
      { name: 'srv/huge.log', content: 'x'.repeat(1024 * 1024 + 1) },
    ),
  );
  const { layers } = await push(WEB, '1', [lower, upper]);
  [base = '', top = ''] = layers;
});

test('who looks first is told that layers are being indexed, and sees their files afterwards', async () => {
  const waiting = await app.ask('ada', listFiles, of(WEB, '1'));
  expect(waiting).toEqual({ state: 'indexing', layers: 2, layersIndexed: 0, items: [] });
  const early = await file(WEB, '1', 'text', { path: 'etc/motd' });
  expect(early.status).toBe(409);
  expect(await early.json()).toMatchObject({
    reason: 'files-not-indexed',
    detail: 'the layers are being indexed, 0 of 2 are done; try again in a moment',
  });
  await indexAll();
  const root = await app.ask('ada', listFiles, of(WEB, '1'));
  expect(root).toMatchObject({ state: 'indexed', layers: 2, layersIndexed: 2 });
  expect(root.items.map(({ name, type }) => [name, type])).toEqual([
    ['bin', 'symbolic-link'],
    ['dev', 'folder'],
    ['etc', 'folder'],
    ['srv', 'folder'],
    ['usr', 'folder'],
    ['var', 'folder'],
  ]);
});

describe('with its layers indexed', () => {
  beforeAll(async () => {
    await app.ask('ada', listFiles, of(WEB, '1'));
    await indexAll();
  });

  test('a folder of the image shows files with what is known of them, and none that is hidden', async () => {
    const { items } = await app.ask('ada', listFiles, of(WEB, '1', { path: '/etc/' }));
    expect(items).toEqual([
      {
        ...{ path: 'etc/motd', name: 'motd', type: 'file', size: 13, mode: '0644', uid: 0, gid: 0 },
        ...{ modifiedAt: new Date(1_700_000_000_000), layer: top, opaque: false, implicit: false },
      },
    ]);
    const usr = await app.ask('ada', listFiles, of(WEB, '1', { path: 'usr/bin' }));
    expect(usr.items).toMatchObject([
      { name: 'other', type: 'hard-link', link: 'usr/bin/tool', layer: base },
      { name: 'tool', mode: '4755', size: 3000 },
    ]);
    const empty = await app.ask('ada', listFiles, of(WEB, '1', { path: 'var' }));
    expect(empty.items).toEqual([]);
  });

  test('a layer by itself shows its whiteouts', async () => {
    const asked = of(WEB, '1', { path: 'etc', layer: top });
    const { items, layers } = await app.ask('ada', listFiles, asked);
    expect(layers).toBe(1);
    expect(items).toMatchObject([
      { name: 'motd', size: 13 },
      { name: 'shadow', type: 'whiteout' },
    ]);
    const below = await app.ask('ada', listFiles, of(WEB, '1', { path: 'etc', layer: base }));
    expect(below.items).toMatchObject([
      { name: 'motd', size: 6, uid: 7, gid: 8, modifiedAt: new Date(1_764_072_000_000) },
      { name: 'shadow' },
    ]);
  });

  test('lists come by pages, which together are the list', async () => {
    const names: string[] = [];
    for (let after: string | undefined; ;) {
      const page = await app.ask('ada', listFiles, of(WEB, '1', { limit: 2, after }));
      names.push(...page.items.map(({ name }) => name));
      if (page.next === undefined) break;
      after = page.next;
    }
    expect(names).toEqual(['bin', 'dev', 'etc', 'srv', 'usr', 'var']);
  });

  test('files are found by a part of their path, whatever its case, by pages', async () => {
    const all = await app.ask('ada', searchFiles, of(WEB, '1', { text: 'BIN/' }));
    expect(all.items.map(({ path }) => path)).toEqual(['usr/bin/other', 'usr/bin/tool']);
    const first = await app.ask('ada', searchFiles, of(WEB, '1', { text: 'bin', limit: 1 }));
    const more = await app.ask(
      'ada',
      searchFiles,
      of(WEB, '1', { text: 'bin', after: first.next }),
    );
    expect([...first.items, ...more.items].map(({ path }) => path)).toEqual([
      'bin',
      'usr/bin',
      'usr/bin/other',
      'usr/bin/tool',
    ]);
    const hidden = await app.ask('ada', searchFiles, of(WEB, '1', { text: 'shadow' }));
    expect(hidden.items).toEqual([]);
  });

  test('what takes the space is told by files, folders and layers', async () => {
    const { space } = await app.ask('ada', showSpace, of(WEB, '1'));
    const huge = 1024 * 1024 + 1;
    expect(space).toMatchObject({
      files: 7,
      size: huge + 2 + 13 + 3000,
      folders: [
        { path: 'srv', files: 2, size: huge + 2 },
        { path: 'usr/bin', files: 2, size: 3000 },
        { path: 'usr', files: 2, size: 3000 },
        { path: 'etc', files: 1, size: 13 },
      ],
      layers: [
        { digest: base, size: 6 + 6 + 3000 + 50_000, seen: 3000 },
        { digest: top, size: huge + 2 + 13, seen: huge + 2 + 13 },
      ],
    });
    expect(space?.largest.map(({ path }) => path)).toEqual([
      'srv/huge.log',
      'usr/bin/tool',
      'etc/motd',
      'srv/grüße.txt',
    ]);
  });

  test('a text is shown as text and as nothing else', async () => {
    const answer = await file(WEB, '1', 'text', { path: '/srv/grüße.txt' });
    expect(await answer.text()).toBe('é');
    expect(Object.fromEntries(answer.headers)).toMatchObject({
      'content-type': 'text/plain; charset=utf-8',
      'x-content-type-options': 'nosniff',
      'content-security-policy': "default-src 'none'; sandbox",
      'cache-control': 'private, no-store',
    });
    const below = await file(WEB, '1', 'text', { path: 'etc/motd', layer: base });
    expect(await below.text()).toBe('hello\n');
  });

  test.each([
    ['usr/bin/tool', 422, '/usr/bin/tool is no text, but binary; download it'],
    [
      'srv/huge.log',
      422,
      '/srv/huge.log has 1048577 bytes, and files of more than 1048576 are not shown; download it',
    ],
    ['bin', 422, '/bin is a symbolic link, and no file'],
    ['dev/null', 422, '/dev/null is a device, and no file'],
    ['etc', 422, '/etc is a folder, and no file'],
    ['etc/shadow', 404, '1 has no file /etc/shadow'],
    ['../../etc/passwd', 404, '1 has no file /../../etc/passwd'],
  ])('%s is not shown', async (path, status, detail) => {
    const answer = await file(WEB, '1', 'text', { path });
    expect(await answer.json()).toMatchObject({ status, detail });
  });

  test('a file is downloaded whole, by the name of a hard link too', async () => {
    const answer = await file(WEB, '1', 'download', { path: 'usr/bin/other' });
    expect(Object.fromEntries(answer.headers)).toMatchObject({
      'content-type': 'application/octet-stream',
      'content-disposition': "attachment; filename*=UTF-8''tool",
      'content-length': '3000',
      'content-security-policy': "default-src 'none'; sandbox",
      'x-content-type-options': 'nosniff',
    });
    expect((await answer.arrayBuffer()).byteLength).toBe(3000);
    const huge = await file(WEB, '1', 'download', { path: 'srv/huge.log' });
    expect((await huge.text()).length).toBe(1024 * 1024 + 1);
  });

  test('what is asked for and is not there is refused by its name', async () => {
    const refused = (query: Record<string, string>) =>
      app.refused('ada', listFiles, of(WEB, '1', query));
    expect(await refused({ path: 'nowhere' })).toMatchObject({
      ...{ status: 404, reason: 'file-unknown', detail: '1 has no folder /nowhere' },
    });
    const other = digestOf(Buffer.from('another'));
    expect(await refused({ layer: other })).toMatchObject({ reason: 'blob-unknown' });
    expect(await refused({ platform: 'windows/amd64' })).toMatchObject({
      reason: 'manifest-unknown',
    });
  });

  test('a private repository shows its files to nobody else', async () => {
    expect(await app.refused('eve', listFiles, of(WEB, '1'))).toMatchObject({ status: 404 });
    for (const what of ['text', 'download'] as const) {
      const absent = await file('ada/absent', '1', what, { path: 'etc/motd' }, 'eve');
      const asked = await file(WEB, '1', what, { path: 'etc/motd' }, 'eve');
      expect([asked.status, absent.status]).toEqual([403, 403]);
      expect((await file(WEB, '1', what, { path: 'etc/motd' }, '')).status).toBe(401);
    }
  });

  test('an index that is lost or damaged is made again', async () => {
    const keys: string[] = [];
    for await (const { key } of app.store.list()) keys.push(key);
    const unlisted = await app.metadata.tables.layerIndexes.standing(
      named(WEB),
      [base as never],
      1,
    );
    const key = unlisted[0]?.storageKey ?? '';
    expect(keys).toContain(key);
    const again = await push('ada/again', '1', [layer({ name: 'a', content: 'a' })]);
    await app.ask('ada', listFiles, of('ada/again', '1'));
    await indexAll();
    const [made] = await app.metadata.tables.layerIndexes.standing(
      named('ada/again'),
      again.layers as never,
      1,
    );
    await app.store.delete((made?.storageKey ?? '') as never);
    const lost = await app.ask('ada', listFiles, of('ada/again', '1'));
    expect(lost).toMatchObject({ state: 'indexing', items: [] });
    await indexAll();
    const found = await app.ask('ada', listFiles, of('ada/again', '1'));
    expect(found.items).toMatchObject([{ name: 'a' }]);
  });
});

test('of several platforms the one that is asked for is shown', async () => {
  const manifests = [
    await push('ada/multi', '', [layer({ name: 'arm' })], 'arm64'),
    await push('ada/multi', '', [layer({ name: 'intel' })]),
  ].map(({ layers: _, ...descriptor }) => descriptor);
  await send(
    'ada/multi',
    'PUT',
    'manifests/1',
    INDEX,
    json({ schemaVersion: 2, mediaType: INDEX, manifests }),
  );
  for (const [platform, name] of [
    [undefined, 'intel'],
    ['linux/arm64', 'arm'],
  ] as const) {
    await app.ask('ada', listFiles, of('ada/multi', '1', { platform }));
    await indexAll();
    const { items } = await app.ask('ada', listFiles, of('ada/multi', '1', { platform }));
    expect(items).toMatchObject([{ name }]);
  }
});

test('a layer that is hostile is refused with the reason', async () => {
  const { layers } = await push('ada/bad', '1', [layer({ name: '../../etc/passwd' })]);
  await app.ask('ada', listFiles, of('ada/bad', '1'));
  await indexAll();
  const found = await app.ask('ada', listFiles, of('ada/bad', '1'));
  expect(found).toEqual({
    ...{ state: 'refused', layers: 1, layersIndexed: 0, items: [] },
    problem: `the layer ${layers[0] ?? ''} is not shown: the layer's archive is refused: "../../etc/passwd" leads out of the image`,
  });
  const text = await file('ada/bad', '1', 'text', { path: 'etc/passwd' });
  expect(text.status).toBe(422);
});

test('names that are no text are listed and do not end a page', async () => {
  const name = Buffer.from('caf\xe9', 'latin1');
  await push('ada/latin', '1', [
    layer({ name: 'x', pax: { path: name }, content: '1' }, { name: 'zoo', content: '2' }),
  ]);
  await app.ask('ada', listFiles, of('ada/latin', '1'));
  await indexAll();
  const first = await app.ask('ada', listFiles, of('ada/latin', '1', { limit: 1 }));
  expect(first.items).toMatchObject([{ name: 'caf\ufffd' }]);
  const second = await app.ask('ada', listFiles, of('ada/latin', '1', { after: first.next }));
  expect(second.items).toMatchObject([{ name: 'zoo' }]);
});

test('two images are compared file by file, by content and not by time, and by pages', async () => {
  const shared = layer({ name: 'etc/' }, { name: 'etc/kept', content: 'same' });
  const before = layer(
    { name: 'etc/rebuilt', content: 'same', mtime: 1 },
    { name: 'etc/edited', content: 'one' },
    { name: 'etc/gone', content: 'gone' },
    { name: 'etc/mode', content: 'x', mode: 0o644 },
    { name: 'etc/other', content: 'x' },
  );
  const then = layer(
    { name: 'etc/rebuilt', content: 'same', mtime: 2 },
    { name: 'etc/edited', content: 'two' },
    { name: 'etc/fresh', content: 'fresh!' },
    { name: 'etc/mode', content: 'x', mode: 0o600, uid: 5 },
    { name: 'etc/other', type: '2', link: 'kept' },
  );
  await push('ada/compared', '1', [shared, before]);
  await push('ada/compared', '2', [shared, then], 'arm64');
  const asked = (query: Record<string, string | number | undefined>) => ({
    parameters: { repository: named('ada/compared') },
    query: { from: '1', to: '2', toPlatform: 'linux/arm64', ...query },
  });
  const early = await app.ask('ada', compareFiles, asked({}));
  expect(early).toEqual({ state: 'indexing', layers: 4, layersIndexed: 0, items: [] });
  await indexAll();
  await app.ask('ada', compareFiles, asked({}));
  await indexAll();
  const { state, items } = await app.ask('ada', compareFiles, asked({}));
  expect(state).toBe('indexed');
  const told = items.map(({ path, kind, changed, from, to }) => [
    ...[path, kind, changed.join(), from?.size, to?.size],
  ]);
  expect(told).toEqual([
    ['etc/edited', 'changed', 'content', 3, 3],
    ['etc/fresh', 'added', '', undefined, 6],
    ['etc/gone', 'removed', '', 4, undefined],
    ['etc/mode', 'changed', 'mode,owner', 1, 1],
    ['etc/other', 'changed', 'type', 1, 0],
  ]);
  const first = await app.ask('ada', compareFiles, asked({ limit: 2 }));
  const rest = await app.ask('ada', compareFiles, asked({ limit: 3, after: first.next }));
  expect([...first.items, ...rest.items]).toEqual(items);
  expect(rest.next).toBeUndefined();
  const none = await app.ask('ada', compareFiles, asked({ to: '1', toPlatform: undefined }));
  expect(none.items).toEqual([]);
});
