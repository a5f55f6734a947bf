import { access, readFile, writeFile } from 'node:fs/promises';
import { release } from 'node:os';
import { join, normalize } from 'node:path';
import type { ImageConfig } from '@slipway/oci';
import {
  argumentsOf,
  type BindMount,
  capabilitiesOf,
  type ContainerSpec,
  environmentOf,
  findInit,
  hostArchitecture,
  type HostOffer,
  type LayerStore,
  type Limits,
  mountRootfs,
  parseSignal,
  processOf,
  readInRoot,
  resolveInRoot,
  resolveSeccomp,
  resolveUser,
  runtimeConfig,
  type TmpfsMount,
  workingDirOf,
} from '@slipway/runtime';
import type { ContainerRecord, ContainerWish } from './container-record.ts';
import { AgentError } from './errors.ts';
import { configOf, type LocalImage } from './images.ts';
import type { Networks } from './networks.ts';
import { profileOf } from './seccomp-file.ts';
import type { Volumes } from './volumes.ts';

/** In memory, where no image's link leads anywhere else and nothing of it is left on the disk. */
const INIT = '/dev/init';
const PASSWD_LIMIT = 1024 * 1024;

export interface ExecWish {
  readonly command: readonly string[];
  readonly env: readonly string[];
  readonly user?: string | undefined;
  readonly workingDir?: string | undefined;
}

/** What containers are made of besides their images. */
export interface Site {
  readonly layers: LayerStore;
  readonly volumes: Volumes;
  readonly networks: Networks;
  readonly host: HostOffer;
}

/**
 * Mounts the tree, decides everything that the runtime is told, and writes it into the container's folder, where its
 * files of names are already.
 */
export async function prepareContainer(
  record: ContainerRecord,
  image: LocalImage,
  folder: string,
  network: ContainerSpec['network'],
  site: Site,
): Promise<void> {
  const { id, wish } = record;
  const { layers: store, host } = site;
  const layers = record.layers.flatMap((number) => store.get(number) ?? []);
  if (layers.length < record.layers.length) {
    throw new AgentError('not-found', `layers of ${record.image} are missing`);
  }
  const rootfs = await mountRootfs(store, layers, folder);
  const imageProcess = configOf(image).process;
  const asked = processWishOf(wish);
  const hostname = wish.hostname ?? id.slice(0, 12);
  const user = resolveUser(wish.user ?? imageProcess.user, await accountsOf(rootfs));
  const capabilities = capabilitiesOf({ add: wish.capAdd, drop: wish.capDrop }, host.capabilities);
  const args = argumentsOf(imageProcess, asked);
  const init = wish.init ? [await initMount()] : [];
  const spec: ContainerSpec = {
    args: wish.init ? [INIT, '--', ...args] : args,
    env: environmentOf(imageProcess, asked, { hostname, user }),
    cwd: workingDirOf(imageProcess, asked),
    user,
    hostname,
    rootfs,
    readOnly: wish.readOnly,
    capabilities,
    noNewPrivileges: wish.noNewPrivileges,
    network,
    mounts: [...(await mountsOf(record, rootfs, site.volumes)), ...init],
    files: await etcFiles(folder, rootfs, hostname),
    limits: limitsWished(wish),
    rlimits: wish.rlimits,
    cgroupsPath: `/slipway/${id}`,
    seccomp: seccompOf(wish, capabilities),
    ...(wish.apparmor !== undefined &&
      wish.apparmor !== 'unconfined' && { apparmorProfile: wish.apparmor }),
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

async function etcFiles(folder: string, rootfs: string, hostname: string): Promise<BindMount[]> {
  await writeFile(join(folder, 'hostname'), `${hostname}\n`, { mode: 0o644 });
  const mounts: BindMount[] = [];
  for (const name of ['hosts', 'hostname', 'resolv.conf']) {
    // /etc may be a link of the image: the runtime is given where it leads inside.
    const destination = await resolveInRoot(rootfs, `/etc/${name}`);
    mounts.push({ source: join(folder, name), destination, readOnly: false });
  }
  return mounts;
}

export const limitsWished = ({ pids, memory, cpus }: ContainerWish): Limits => ({
  pids,
  ...(memory !== undefined && { memory }),
  ...(cpus !== undefined && { cpus }),
});

const processWishOf = ({ command, entrypoint, env, workingDir }: ContainerWish) => ({
  command,
  env,
  ...(entrypoint !== undefined && { entrypoint }),
  ...(workingDir !== undefined && { workingDir }),
});

async function accountsOf(rootfs: string) {
  const read = async (path: string) => (await readInRoot(rootfs, path, PASSWD_LIMIT)) ?? '';
  return { passwd: await read('/etc/passwd'), group: await read('/etc/group') };
}

async function mountsOf(
  { wish, volumes }: ContainerRecord,
  rootfs: string,
  store: Volumes,
): Promise<readonly (BindMount | TmpfsMount)[]> {
  const mounts: (BindMount | TmpfsMount)[] = [];
  for (const mount of wish.mounts) {
    if (mount.type === 'tmpfs') {
      mounts.push({ destination: mount.destination, tmpfs: mount.options });
    } else if (mount.type === 'bind') {
      const { source, destination, readOnly } = mount;
      await access(source).catch(() => {
        throw new AgentError('invalid', `${source}, which is to be mounted, is not there`);
      });
      mounts.push({ source, destination, readOnly });
    }
  }
  for (const { name, destination, readOnly, noCopy } of volumes) {
    const source = await store.use(name, noCopy ? undefined : { rootfs, destination });
    mounts.push({ source, destination, readOnly });
  }
  return mounts;
}

/** The volumes that are wished for, and those of the image in whose place nothing else is. */
export async function volumesFor(
  { mounts }: ContainerWish,
  image: ImageConfig,
  store: Volumes,
): Promise<ContainerRecord['volumes']> {
  const taken = new Set(mounts.map(({ destination }) => placeOf(destination)));
  const implied = [...new Set(image.volumes.map(placeOf))].filter((each) => !taken.has(each));
  const wanted = [
    ...mounts.filter((mount) => mount.type === 'volume'),
    ...implied.map((destination) => ({
      name: undefined,
      destination,
      readOnly: false,
      noCopy: false,
    })),
  ];
  const volumes: ContainerRecord['volumes'] = [];
  for (const { name: wished, destination, readOnly, noCopy } of wanted) {
    const { name, anonymous } = await store.create(wished);
    volumes.push({ name, anonymous, destination, readOnly, noCopy });
  }
  return volumes;
}

/** A place to mount something at, as it is compared. */
const placeOf = (path: string): string => normalize(`${path}/`).slice(0, -1);

async function initMount(): Promise<BindMount> {
  const source = await findInit();
  if (source !== undefined) return { source, destination: INIT, readOnly: true };
  throw new AgentError(
    'invalid',
    'the host has no program for --init: apt-get install catatonit, or leave --init away',
  );
}

function seccompOf({ seccomp }: ContainerWish, capabilities: readonly string[]) {
  if (seccomp === 'unconfined') return undefined;
  const architecture = hostArchitecture();
  const target = { architecture, kernel: release(), capabilities };
  return seccomp === 'default'
    ? resolveSeccomp(target)
    : resolveSeccomp(target, profileOf(seccomp, architecture));
}

/** Refuses at once what could never be started. */
export function checkWish(wish: ContainerWish, image: ImageConfig, host: HostOffer): void {
  argumentsOf(image.process, processWishOf(wish));
  capabilitiesOf({ add: wish.capAdd, drop: wish.capDrop }, host.capabilities);
  if (wish.stopSignal !== undefined && parseSignal(wish.stopSignal) === undefined) {
    throw new AgentError('invalid', `${wish.stopSignal} is not a signal`);
  }
  if (wish.remove && wish.restart.name !== 'no') {
    throw new AgentError('invalid', '--rm and --restart exclude each other');
  }
  if (wish.apparmor !== undefined && wish.apparmor !== 'unconfined' && !host.apparmor) {
    throw new AgentError('invalid', `the host has no AppArmor for the profile ${wish.apparmor}`);
  }
  const places = wish.mounts.map(({ destination }) => placeOf(destination));
  const twice = places.find((each, n) => places.indexOf(each) !== n);
  if (twice !== undefined) throw new AgentError('invalid', `${twice} is to be mounted twice`);
  for (const each of [...places, ...image.volumes.map(placeOf)]) {
    if (!each.startsWith('/')) {
      throw new AgentError('invalid', `${each || '/'} is no place to mount something at`);
    }
  }
}
