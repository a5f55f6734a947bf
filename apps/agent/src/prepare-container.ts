import { access, readFile, writeFile } from 'node:fs/promises';
import { release } from 'node:os';
import { join } from 'node:path';
import {
  argumentsOf,
  type BindMount,
  type ContainerSpec,
  DEFAULT_CAPABILITIES,
  environmentOf,
  hostArchitecture,
  type HostOffer,
  type LayerStore,
  mountRootfs,
  processOf,
  readInRoot,
  resolveInRoot,
  resolveSeccomp,
  resolveUser,
  runtimeConfig,
  workingDirOf,
} from '@slipway/runtime';
import type { ContainerRecord, ContainerWish } from './container-record.ts';
import { AgentError } from './errors.ts';
import { configOf, hostFile, type LocalImage } from './images.ts';

const PASSWD_LIMIT = 1024 * 1024;

export interface ExecWish {
  readonly command: readonly string[];
  readonly env: readonly string[];
  readonly user?: string | undefined;
  readonly workingDir?: string | undefined;
}

/** Mounts the tree, decides everything that the runtime is told, and writes it into the container's folder. */
export async function prepareContainer(
  record: ContainerRecord,
  image: LocalImage,
  folder: string,
  store: LayerStore,
  host: HostOffer,
): Promise<void> {
  const { id, wish } = record;
  const layers = record.layers.flatMap((number) => store.get(number) ?? []);
  if (layers.length < record.layers.length) {
    throw new AgentError('not-found', `layers of ${record.image} are missing`);
  }
  const rootfs = await mountRootfs(store, layers, folder);
  const imageProcess = configOf(image).process;
  const asked = processWishOf(wish);
  const hostname = wish.hostname ?? id.slice(0, 12);
  const user = resolveUser(wish.user ?? imageProcess.user, await accountsOf(rootfs));
  const seccomp = resolveSeccomp({
    architecture: hostArchitecture(),
    kernel: release(),
    capabilities: DEFAULT_CAPABILITIES,
  });
  const spec: ContainerSpec = {
    args: argumentsOf(imageProcess, asked),
    env: environmentOf(imageProcess, asked, { hostname, user }),
    cwd: workingDirOf(imageProcess, asked),
    user,
    hostname,
    rootfs,
    readOnly: wish.readOnly,
    capabilities: DEFAULT_CAPABILITIES,
    noNewPrivileges: true,
    network: wish.network,
    mounts: await checkedMounts(wish.mounts),
    files: await etcFiles(folder, rootfs, hostname, wish.network),
    limits: {
      pids: wish.pids,
      ...(wish.memory !== undefined && { memory: wish.memory }),
      ...(wish.cpus !== undefined && { cpus: wish.cpus }),
    },
    cgroupsPath: `/slipway/${id}`,
    seccomp,
    annotations: {},
  };
  await writeFile(join(folder, 'spec.json'), JSON.stringify(spec), { mode: 0o600 });
  const config = runtimeConfig(spec, host);
  await writeFile(join(folder, 'config.json'), JSON.stringify(config), { mode: 0o600 });
}

/** The `process` of another program in a container that runs, with no more rights than its first. */
export async function execProcess(
  folder: string,
  wish: ExecWish,
  host: HostOffer,
): Promise<object> {
  const spec = JSON.parse(await readFile(join(folder, 'spec.json'), 'utf8')) as ContainerSpec;
  const user =
    wish.user === undefined
      ? spec.user
      : resolveUser(wish.user, await accountsOf(join(folder, 'm')));
  const image = { entrypoint: [], cmd: [], env: spec.env, user: '', workingDir: spec.cwd };
  const asked = {
    command: wish.command,
    env: wish.env,
    ...(wish.workingDir !== undefined && { workingDir: wish.workingDir }),
  };
  return processOf(
    {
      ...spec,
      user,
      args: argumentsOf(image, asked),
      env: environmentOf(image, asked, { hostname: spec.hostname, user }),
      cwd: workingDirOf(image, asked),
    },
    host,
  );
}

async function etcFiles(
  folder: string,
  rootfs: string,
  hostname: string,
  network: ContainerSpec['network'],
): Promise<BindMount[]> {
  const own = `127.0.0.1\tlocalhost\n::1\tlocalhost ip6-localhost ip6-loopback\n`;
  const shared = network === 'host';
  const files = {
    hosts: shared ? await hostFile('/etc/hosts') : `${own}127.0.1.1\t${hostname}\n`,
    hostname: `${hostname}\n`,
    'resolv.conf': shared ? await hostFile('/etc/resolv.conf') : '',
  };
  const mounts: BindMount[] = [];
  for (const [name, text] of Object.entries(files)) {
    const source = join(folder, name);
    await writeFile(source, text, { mode: 0o644 });
    // /etc may be a link of the image: the runtime is given where it leads inside.
    const destination = await resolveInRoot(rootfs, `/etc/${name}`);
    mounts.push({ source, destination, readOnly: false });
  }
  return mounts;
}

export const processWishOf = ({ command, entrypoint, env, workingDir }: ContainerWish) => ({
  command,
  env,
  ...(entrypoint !== undefined && { entrypoint }),
  ...(workingDir !== undefined && { workingDir }),
});

async function accountsOf(rootfs: string) {
  const read = async (path: string) => (await readInRoot(rootfs, path, PASSWD_LIMIT)) ?? '';
  return { passwd: await read('/etc/passwd'), group: await read('/etc/group') };
}

async function checkedMounts(mounts: readonly BindMount[]): Promise<readonly BindMount[]> {
  for (const { source } of mounts) {
    await access(source).catch(() => {
      throw new AgentError('invalid', `${source}, which is to be mounted, is not there`);
    });
  }
  return mounts;
}
