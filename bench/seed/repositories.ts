import { cp } from 'node:fs/promises';
import { join } from 'node:path';
import { pullAndPush, type Contender } from '../contenders/contender.ts';
import { RepositoryClient } from '../load/repository-client.ts';
import { atOnce } from './at-once.ts';
import { emptyIndex, IMAGE_INDEX } from './empty-index.ts';

export const repositoryNumber = (number: number): string =>
  `bench/r${number.toString().padStart(5, '0')}`;

/** Repositories of one tag each. Pushed through the protocol to Slipway; for the peers, the folder of the first is copied. */
export async function seedRepositories(contender: Contender, repositories: number): Promise<void> {
  const first = repositoryNumber(0);
  await push(contender, first);
  const others = Array.from({ length: repositories - 1 }, (_, index) =>
    repositoryNumber(index + 1),
  );
  if (contender.name === 'slipway') {
    await atOnce(8, others, async (repository) => push(contender, repository));
    return;
  }
  const root =
    contender.name === 'distribution'
      ? join(contender.folder, 'docker/registry/v2/repositories')
      : contender.folder;
  await atOnce(8, others, async (repository) =>
    cp(join(root, first), join(root, repository), { recursive: true }),
  );
}

async function push(contender: Contender, repository: string): Promise<void> {
  const client = new RepositoryClient(contender, repository, { scope: pullAndPush(repository) });
  await client.pushManifest('latest', emptyIndex, IMAGE_INDEX);
  client.close();
}
