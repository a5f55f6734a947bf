import type { Agent } from 'node:http';
import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { keyOf, sha256, type Ledger, type OpenUpload, type PushedManifest } from './ledger.ts';
import { repositories, resume, sharedTag } from './pushing.ts';
import { expectStatus, send, type Answer, type Peer } from './wire.ts';

interface Reader {
  readonly peer: Peer;
  readonly agent: Agent;
}

const readersAtOnce = 16;

/**
 * Compares what a registry has with what it has promised, all of it or what is fresh, after it was killed.
 * Resolves to the broken promises, each as a sentence, and ends the ledger's doubts: what was not answered
 * is now known.
 */
export async function brokenPromises(
  reader: Reader,
  ledger: Ledger,
  which: 'all' | 'fresh',
): Promise<string[]> {
  const broken: string[] = [];
  const get = (path: string, method = 'GET') =>
    send(reader.peer, method, path, { agent: reader.agent });

  const blobs = which === 'all' ? ledger.blobs.values() : ledger.freshBlobs;
  await forEach(blobs, async ({ repository, digest }) => {
    const answer = await get(`/v2/${repository}/blobs/${digest}`);
    if (answer.status !== 200) broken.push(`${repository} answers ${answer.status} for ${digest}`);
    else if (sha256(answer.body) !== digest) broken.push(`${digest} comes as other bytes`);
  });

  const hasManifest = async ({ repository, digest, bytes }: PushedManifest) => {
    const answer = await get(`/v2/${repository}/manifests/${digest}`);
    if (answer.status !== 200) return false;
    if (!answer.body.equals(bytes)) broken.push(`the manifest ${digest} comes as other bytes`);
    return true;
  };
  await forEach(ledger.askedManifests.values(), async (manifest) => {
    if (await hasManifest(manifest)) ledger.promiseManifest(manifest);
    else ledger.askedManifests.delete(keyOf(manifest));
  });
  const manifests = which === 'all' ? ledger.manifests.values() : ledger.freshManifests;
  await forEach(manifests, async (manifest) => {
    if (!(await hasManifest(manifest))) broken.push(`there is no manifest ${keyOf(manifest)}`);
    for (const digest of pointedAt(manifest.bytes)) {
      const head = await get(`/v2/${manifest.repository}/blobs/${digest}`, 'HEAD');
      if (head.status !== 200)
        broken.push(`${keyOf(manifest)} points at ${digest}: ${head.status}`);
    }
  });

  await forEach(ledger.tags(), async ({ repository, tag, possible }) => {
    const now = digestIn(await get(`/v2/${repository}/manifests/${tag}`, 'HEAD'));
    if (!possible.includes(now)) {
      broken.push(`${repository}:${tag} is ${String(now)}, none of ${possible.join(', ')}`);
    }
    if (now !== undefined) ledger.promiseTag(repository, tag, now);
  });
  for (const repository of repositories) {
    const now = digestIn(await get(`/v2/${repository}/manifests/${sharedTag}`, 'HEAD'));
    broken.push(...lostUpdates(ledger, repository, now));
  }
  ledger.freshBlobs.clear();
  ledger.freshManifests.clear();
  return broken;
}

/** Every swap that succeeded replaced another digest, and the tag is not one that was replaced. */
function lostUpdates(ledger: Ledger, repository: string, now: string | undefined): string[] {
  const broken: string[] = [];
  const replaced = new Set<string | undefined>();
  const moves = ledger.moves.filter((move) => move.repository === repository);
  for (const { from, acknowledged } of moves) {
    if (!acknowledged) continue;
    if (replaced.has(from)) broken.push(`two swaps of ${repository} replaced ${String(from)}`);
    replaced.add(from);
  }
  if (replaced.has(now))
    broken.push(`${repository}:${sharedTag} is ${String(now)}, which was replaced`);
  if (now !== undefined && !moves.some(({ to }) => to === now)) {
    broken.push(`${repository}:${sharedTag} is ${now}, which nobody asked for`);
  }
  return broken;
}

/** Goes on with every upload that `chosen` takes; the others are left alone for good. */
export async function resumeUploads(
  reader: Reader,
  ledger: Ledger,
  chosen: (upload: OpenUpload) => boolean,
): Promise<{ readonly resumed: number; readonly broken: string[] }> {
  const broken: string[] = [];
  let resumed = 0;
  await forEach(ledger.uploads, async (upload) => {
    ledger.uploads.delete(upload);
    const { acknowledged, content, finishing, location, repository } = upload;
    if (location === undefined) return;
    const answer = await send(reader.peer, 'GET', location, { agent: reader.agent });
    if (answer.status === 404) {
      const path = `/v2/${repository}/blobs/${sha256(content)}`;
      const head = await send(reader.peer, 'HEAD', path, { agent: reader.agent });
      if (!finishing || head.status !== 200) broken.push(`the upload ${location} is gone`);
      return;
    }
    const last = Number(expectStatus(answer, 204).headers.range?.split('-')[1]);
    const offset = last === 0 && acknowledged === 0 ? 0 : last + 1;
    if (offset < acknowledged || offset > content.length) {
      broken.push(
        `${location} has ${offset} bytes: ${acknowledged} acknowledged of ${content.length}`,
      );
    }
    if (!chosen(upload)) return;
    await resume({ ...reader, ledger }, upload, location, Math.min(offset, content.length));
    resumed++;
  });
  return { resumed, broken };
}

/** The digests of all that the registry serves of what it was ever asked to hold. */
export async function servedDigests(
  reader: Reader,
  ledger: Ledger,
): Promise<Map<string, string[]>> {
  const served = new Map<string, string[]>(repositories.map((name) => [name, []]));
  await forEach(ledger.askedBlobs.values(), async ({ repository, digest }) => {
    const path = `/v2/${repository}/blobs/${digest}`;
    const head = await send(reader.peer, 'HEAD', path, { agent: reader.agent });
    if (expectStatus(head, 200, 404).status === 200) served.get(repository)?.push(digest);
  });
  return served;
}

/** The digest of every file in the blobs' folder, in order. */
export async function storedDigests(dataDir: string): Promise<string[]> {
  const blobs = join(dataDir, 'blobs');
  const files = (await readdir(blobs, { recursive: true })).filter((path) => path.includes('/'));
  const digests: string[] = [];
  for (const file of files) {
    const bytes = await readFile(join(blobs, file)).catch(() => undefined);
    if (bytes !== undefined) digests.push(sha256(bytes));
  }
  return digests.sort();
}

const digestIn = (answer: Answer): string | undefined =>
  expectStatus(answer, 200, 404).headers['docker-content-digest'] as string | undefined;

function pointedAt(manifest: Buffer): string[] {
  const { config, layers } = JSON.parse(manifest.toString()) as {
    config: { digest: string };
    layers: { digest: string }[];
  };
  return [config, ...layers].map(({ digest }) => digest);
}

/** Several at once, over what there is at the beginning. */
async function forEach<T>(items: Iterable<T>, visit: (item: T) => Promise<void>): Promise<void> {
  const rest = [...items].values();
  await Promise.all(
    Array.from({ length: readersAtOnce }, async () => {
      for (const item of rest) await visit(item);
    }),
  );
}
