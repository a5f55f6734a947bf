import { mkdir, readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Contender } from '../contenders/contender.ts';
import { RepositoryClient } from '../load/repository-client.ts';
import { atOnce } from './at-once.ts';
import { emptyIndex, IMAGE_INDEX } from './empty-index.ts';

export const tagNumber = (number: number): string => `t${number.toString().padStart(6, '0')}`;

/** The most that the specification lets a client count on. */
const TAGS_IN_ONE_PUSH = 10;

/**
 * Gives a repository its tags, all of one manifest. The first is pushed through the protocol everywhere. Slipway gets
 * the others through the protocol too; for the peers, which would take hours, what they wrote for the first is repeated.
 */
export async function seedTags(
  contender: Contender,
  repository: string,
  tags: number,
): Promise<void> {
  const client = new RepositoryClient(contender, repository, { connections: 8 });
  await client.pushManifest(tagNumber(0), emptyIndex, IMAGE_INDEX);
  const others = Array.from({ length: tags - 1 }, (_, index) => tagNumber(index + 1));
  if (contender.name === 'slipway') await pushTags(client, others);
  else if (contender.name === 'distribution')
    await repeatTagFolder(contender.folder, repository, others);
  else await repeatIndexEntry(contender.folder, repository, others);
  client.close();
}

async function pushTags(client: RepositoryClient, tags: readonly string[]): Promise<void> {
  const groups = Array.from({ length: Math.ceil(tags.length / TAGS_IN_ONE_PUSH) }, (_, index) =>
    tags.slice(index * TAGS_IN_ONE_PUSH, (index + 1) * TAGS_IN_ONE_PUSH),
  );
  await atOnce(8, groups, async (group) => {
    const query = group.map((tag) => `tag=${tag}`).join('&');
    await client.pushManifest(`${emptyIndex.digest}?${query}`, emptyIndex, IMAGE_INDEX);
  });
}

/** Distribution: `_manifests/tags/<tag>/{current,index/sha256/<digest>}/link`, each file naming the manifest. */
async function repeatTagFolder(
  data: string,
  repository: string,
  tags: readonly string[],
): Promise<void> {
  const folder = join(data, 'docker/registry/v2/repositories', repository, '_manifests/tags');
  const model = join(folder, tagNumber(0));
  const files = (await readdir(model, { recursive: true })).filter((path) =>
    path.endsWith('/link'),
  );
  const contents = await Promise.all(
    files.map(async (file) => [file, await readFile(join(model, file))] as const),
  );
  await atOnce(8, tags, async (tag) => {
    for (const [file, bytes] of contents) {
      await mkdir(join(folder, tag, file, '..'), { recursive: true });
      await writeFile(join(folder, tag, file), bytes);
    }
  });
}

/** zot: one entry for each tag in the repository's `index.json`, told apart by an annotation. */
async function repeatIndexEntry(
  data: string,
  repository: string,
  tags: readonly string[],
): Promise<void> {
  const path = join(data, repository, 'index.json');
  const index = JSON.parse(await readFile(path, 'utf8')) as {
    manifests: { annotations: object }[];
  };
  const [model] = index.manifests;
  if (model === undefined) throw new Error(`${path} has no entry to repeat`);
  const entries = tags.map((tag) => ({
    ...model,
    annotations: { ...model.annotations, 'org.opencontainers.image.ref.name': tag },
  }));
  await writeFile(path, JSON.stringify({ ...index, manifests: [model, ...entries] }));
}
