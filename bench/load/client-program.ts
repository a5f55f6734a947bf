import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { enablingCommand, findTool } from '../../scripts/host-tools.mjs';
import type { Contender } from '../contenders/contender.ts';
import { undoAtEnd } from '../leave-nothing-behind.ts';

/** A real client, driven through its command line. */
interface ClientProgram {
  readonly name: string;
  push(contender: Contender, layout: string, image: string): Promise<void>;
  pull(contender: Contender, image: string, layout: string): Promise<void>;
}

const names = ['crane', 'skopeo'] as const;

export interface FoundClients {
  readonly found: readonly ClientProgram[];
  /** By name, the command that installs it. */
  readonly missing: ReadonlyMap<string, string>;
}

/** Those of crane and skopeo that this machine has. Their credentials stand in a file inside the folder. */
export function findClients(folder: string): FoundClients {
  const found: ClientProgram[] = [];
  const missing = new Map<string, string>();
  for (const name of names) {
    const program = findTool(name);
    if (program === undefined) missing.set(name, enablingCommand(name));
    else found.push(name === 'crane' ? crane(program, folder) : skopeo(program, folder));
  }
  return { found, missing };
}

function crane(program: string, folder: string): ClientProgram {
  const image = (contender: Contender, name: string): string =>
    `${new URL(contender.url).host}/${name}`;
  const environment = async (contender: Contender): Promise<Record<string, string>> => ({
    DOCKER_CONFIG: await credentialsFolder(contender, folder),
  });
  return {
    name: 'crane',
    push: async (contender, layout, name) =>
      run(
        program,
        ['push', '--insecure', layout, image(contender, name)],
        await environment(contender),
      ),
    pull: async (contender, name, layout) =>
      run(
        program,
        ['pull', '--insecure', '--format=oci', image(contender, name), layout],
        await environment(contender),
      ),
  };
}

function skopeo(program: string, folder: string): ClientProgram {
  const image = (contender: Contender, name: string): string =>
    `docker://${new URL(contender.url).host}/${name}`;
  const copy = async (contender: Contender, ...args: string[]): Promise<void> => {
    const credentials = join(await credentialsFolder(contender, folder), 'config.json');
    await run(
      program,
      ['copy', '--quiet', '--insecure-policy', '--authfile', credentials, ...args],
      {},
    );
  };
  return {
    name: 'skopeo',
    push: async (contender, layout, name) =>
      copy(contender, '--dest-tls-verify=false', `oci:${layout}:latest`, image(contender, name)),
    pull: async (contender, name, layout) =>
      copy(contender, '--src-tls-verify=false', image(contender, name), `oci:${layout}:latest`),
  };
}

async function credentialsFolder(contender: Contender, folder: string): Promise<string> {
  const { host } = new URL(contender.url);
  const { credentials } = contender;
  const auth =
    credentials &&
    Buffer.from(`${credentials.username}:${credentials.password}`).toString('base64');
  const path = join(folder, `credentials-${contender.name}`);
  await mkdir(path, { recursive: true });
  await writeFile(
    join(path, 'config.json'),
    JSON.stringify({ auths: auth === undefined ? {} : { [host]: { auth } } }),
  );
  return path;
}

async function run(
  program: string,
  args: readonly string[],
  environment: Readonly<Record<string, string>>,
): Promise<void> {
  const child = spawn(program, args, {
    stdio: ['ignore', 'ignore', 'pipe'],
    detached: true,
    env: { ...process.env, ...environment },
  });
  const stopped = undoAtEnd(() => void child.kill('SIGKILL'));
  let printed = '';
  child.stderr.on('data', (chunk: Buffer) => (printed += chunk.toString()));
  const [status] = (await once(child, 'close')) as [number | null];
  await stopped();
  if (status !== 0) throw new Error(`${program} ${args.join(' ')} failed: ${printed}`);
}
