import type { Agent } from 'node:http';
import { setTimeout as sleep } from 'node:timers/promises';
import { keyOf, sha256, type Ledger, type OpenUpload, type PushedManifest } from './ledger.ts';
import type { Random } from './random.ts';
import { expectStatus, send, type Answer, type Peer, type RequestOptions } from './wire.ts';

export const repositories = ['crash/a', 'crash/b', 'crash/c/d'] as const;
export const sharedTag = 'shared';

const ociManifest = 'application/vnd.oci.image.manifest.v1+json';

/** One of those who push at once. Whatever it does, it notes before it asks, and again when it is answered. */
export interface Pusher {
  readonly name: string;
  readonly peer: Peer;
  readonly agent: Agent;
  readonly ledger: Ledger;
  readonly random: Random;
}

/** One push, of any kind. Rejects when the server is lost in the middle, or does what it must not. */
export async function pushSomething(pusher: Pusher): Promise<void> {
  const { random } = pusher;
  await random.pick([
    pushBlob,
    pushBlob,
    pushBlob,
    mountBlob,
    pushManifest,
    pushManifest,
    moveSharedTag,
  ])(pusher);
}

/** Brings the rest of an upload and makes a blob of it. */
export async function resume(
  pusher: Pick<Pusher, 'peer' | 'agent' | 'ledger'>,
  upload: OpenUpload,
  location: string,
  offset: number,
): Promise<void> {
  const { content, repository } = upload;
  const blob = pusher.ledger.askBlob(repository, content);
  const bringFrom = (start: number) =>
    ask(pusher, 'PATCH', location, {
      headers: { 'content-range': `${start}-${content.length - 1}` },
      body: content.subarray(start),
    });
  if (offset < content.length) {
    const brought = await bringFrom(offset);
    // `0-0` is the first byte, or none.
    const again = brought.status === 416 && offset === 0 && content.length > 1;
    expectStatus(again ? await bringFrom(1) : brought, 202);
  }
  const finished = await ask(pusher, 'PUT', `${location}?digest=${blob.digest}`, {
    body: Buffer.alloc(0),
  });
  expectStatus(finished, 201);
  pusher.ledger.promiseBlob(blob);
}

async function pushBlob(pusher: Pusher): Promise<void> {
  const { ledger, random } = pusher;
  const repository = random.pick(repositories);
  const content = contentFor(random);
  const blob = ledger.askBlob(repository, content);
  const upload: OpenUpload = { repository, content, acknowledged: 0, finishing: false };
  ledger.uploads.add(upload);
  await random.pick([inOnePost, inPostAndPut, inChunks, inOneStream])(pusher, upload, blob.digest);
  ledger.uploads.delete(upload);
  ledger.promiseBlob(blob);
}

async function inOnePost(pusher: Pusher, upload: OpenUpload, digest: string): Promise<void> {
  upload.finishing = true;
  const path = `/v2/${upload.repository}/blobs/uploads/?digest=${digest}`;
  expectStatus(await ask(pusher, 'POST', path, { body: upload.content }), 201);
}

async function inPostAndPut(pusher: Pusher, upload: OpenUpload, digest: string): Promise<void> {
  const location = await open(pusher, upload);
  await finish(pusher, upload, `${location}?digest=${digest}`, upload.content);
}

async function inChunks(pusher: Pusher, upload: OpenUpload, digest: string): Promise<void> {
  const { content } = upload;
  let location = await open(pusher, upload);
  const chunk = Math.max(1, Math.ceil(content.length / (1 + pusher.random.integer(4))));
  const withLast = pusher.random.integer(2) === 0;
  while (content.length - upload.acknowledged > (withLast ? chunk : 0)) {
    const start = upload.acknowledged;
    const body = content.subarray(start, start + chunk);
    const headers = { 'content-range': `${start}-${start + body.length - 1}` };
    const answer = expectStatus(await ask(pusher, 'PATCH', location, { headers, body }), 202);
    location = answer.headers.location ?? location;
    upload.acknowledged += body.length;
  }
  await finish(
    pusher,
    upload,
    `${location}?digest=${digest}`,
    content.subarray(upload.acknowledged),
  );
}

async function inOneStream(pusher: Pusher, upload: OpenUpload, digest: string): Promise<void> {
  const location = await open(pusher, upload);
  const { content } = upload;
  const pieces = async function* () {
    for (let at = 0; at < content.length; at += 65_536) {
      yield content.subarray(at, at + 65_536);
      await sleep(2);
    }
  };
  expectStatus(await ask(pusher, 'PATCH', location, { body: pieces() }), 202);
  upload.acknowledged = content.length;
  await finish(pusher, upload, `${location}?digest=${digest}`, Buffer.alloc(0));
}

async function mountBlob(pusher: Pusher): Promise<void> {
  const { ledger, random } = pusher;
  const known = [...ledger.blobs.values()];
  if (known.length === 0) return pushBlob(pusher);
  const { repository: from, digest } = random.pick(known);
  const repository = random.pick(repositories);
  const blob = { repository, digest };
  ledger.askedBlobs.set(keyOf(blob), blob);
  const path = `/v2/${repository}/blobs/uploads/?mount=${digest}&from=${from}`;
  expectStatus(await ask(pusher, 'POST', path, { body: Buffer.alloc(0) }), 201);
  ledger.promiseBlob(blob);
}

/** To a tag that nobody else sets, to a digest with tags, or to a digest alone. */
async function pushManifest(pusher: Pusher): Promise<void> {
  const { ledger, name, random } = pusher;
  const manifest = manifestFor(pusher, random.pick(repositories));
  if (manifest === undefined) return pushBlob(pusher);
  const tags = [`${name}-0`, `${name}-1`].slice(random.integer(3));
  const [only, ...others] = tags;
  const byTag = only !== undefined && others.length === 0;
  ledger.askManifest(manifest);
  for (const tag of tags) ledger.askTag(manifest.repository, tag, manifest.digest);
  const query = byTag ? '' : `?${tags.map((tag) => `tag=${tag}`).join('&')}`;
  expectStatus(await put(pusher, manifest, `${byTag ? only : manifest.digest}${query}`), 201);
  ledger.promiseManifest(manifest);
  for (const tag of tags) ledger.promiseTag(manifest.repository, tag, manifest.digest);
}

/** A tag that all set, each only if it is still what it has just seen. */
async function moveSharedTag(pusher: Pusher): Promise<void> {
  const { ledger, random } = pusher;
  const manifest = manifestFor(pusher, random.pick(repositories));
  if (manifest === undefined) return pushBlob(pusher);
  const { repository } = manifest;
  const seen = await ask(pusher, 'HEAD', `/v2/${repository}/manifests/${sharedTag}`);
  const from = expectStatus(seen, 200, 404).headers.etag;
  const move = {
    repository,
    from: from?.replaceAll('"', ''),
    to: manifest.digest,
    acknowledged: false,
  };
  ledger.moves.push(move);
  ledger.askManifest(manifest);
  const condition = from === undefined ? { 'if-none-match': '*' } : { 'if-match': from };
  const answer = expectStatus(await put(pusher, manifest, sharedTag, condition), 201, 412);
  if (answer.status === 412) {
    ledger.moves.splice(ledger.moves.indexOf(move), 1);
    return;
  }
  move.acknowledged = true;
  ledger.promiseManifest(manifest);
}

/** Of up to four blobs that the repository has promised to hold; none is like any other. */
function manifestFor({ ledger, random }: Pusher, repository: string): PushedManifest | undefined {
  const blobs = ledger.blobsOf(repository);
  if (blobs.length === 0) return undefined;
  const picked = Array.from({ length: 1 + random.integer(4) }, () => random.pick(blobs).digest);
  return manifestOf(repository, picked, ledger, random.bytes(8).toString('hex'));
}

export function manifestOf(
  repository: string,
  digests: readonly string[],
  ledger: Pick<Ledger, 'sizes'>,
  words: string,
): PushedManifest {
  const [config, ...layers] = digests.map((digest) => ({
    mediaType: 'application/octet-stream',
    digest,
    size: ledger.sizes.get(digest),
  }));
  const document = {
    schemaVersion: 2,
    mediaType: ociManifest,
    config,
    layers,
    annotations: { words },
  };
  const bytes = Buffer.from(JSON.stringify(document));
  return { repository, digest: sha256(bytes), bytes };
}

export async function put(
  pusher: Pick<Pusher, 'peer' | 'agent'>,
  { repository, bytes }: PushedManifest,
  reference: string,
  headers: Readonly<Record<string, string>> = {},
): Promise<Answer> {
  return ask(pusher, 'PUT', `/v2/${repository}/manifests/${reference}`, {
    headers: { 'content-type': ociManifest, ...headers },
    body: bytes,
  });
}

async function open(pusher: Pusher, upload: OpenUpload): Promise<string> {
  const path = `/v2/${upload.repository}/blobs/uploads/`;
  const answer = expectStatus(await ask(pusher, 'POST', path, { body: Buffer.alloc(0) }), 202);
  const location = answer.headers.location ?? '';
  upload.location = location;
  return location;
}

async function finish(
  pusher: Pusher,
  upload: OpenUpload,
  target: string,
  body: Buffer,
): Promise<void> {
  upload.finishing = true;
  expectStatus(await ask(pusher, 'PUT', target, { body }), 201);
}

const ask = (
  { peer, agent }: Pick<Pusher, 'peer' | 'agent'>,
  method: string,
  path: string,
  options: RequestOptions = {},
) => send(peer, method, path, { ...options, agent });

/** Few of them large, some of them what others push at the same moment. */
function contentFor(random: Random): Buffer {
  switch (random.integer(8)) {
    case 0:
      return Buffer.alloc(0);
    case 1:
      return Buffer.alloc(1000 * random.integer(5), 'common');
    case 2:
      return random.bytes(random.integer(2_000_000));
    default:
      return random.bytes(random.integer(200_000));
  }
}
