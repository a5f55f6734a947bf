import { RLIMIT_NAMES } from '@slipway/runtime';
import { z } from 'zod';
import { attachment, membership, publication } from './network-record.ts';
import { restartPolicy } from './restart-policy.ts';
import { seccompFile } from './seccomp-file.ts';

const mount = z.discriminatedUnion('type', [
  z.object({
    type: z.literal('bind'),
    source: z.string(),
    destination: z.string(),
    readOnly: z.boolean(),
  }),
  z.object({
    type: z.literal('volume'),
    /** Without one a new volume is made for the container. */
    name: z.string().optional(),
    destination: z.string(),
    readOnly: z.boolean(),
    /** Whether it stays empty, whatever the image has in its place. */
    noCopy: z.boolean(),
  }),
  z.object({
    type: z.literal('tmpfs'),
    destination: z.string(),
    options: z.array(z.string()),
  }),
]);

export type WishedMount = z.infer<typeof mount>;

const rlimit = z.object({ soft: z.number().int(), hard: z.number().int() });

/** What somebody asked for, as the command line or another client says it. */
export const containerWish = z.object({
  image: z.string(),
  name: z.string().optional(),
  command: z.array(z.string()).default([]),
  entrypoint: z.array(z.string()).optional(),
  env: z.array(z.string()).default([]),
  user: z.string().optional(),
  workingDir: z.string().optional(),
  hostname: z.string().optional(),
  /** Names of networks; or one alone of `none`, `host` and `container:<container>`. */
  networks: z.array(z.string()).min(1).default(['slipway']),
  aliases: z.array(z.string()).default([]),
  address: z.string().optional(),
  address6: z.string().optional(),
  publish: z.array(publication).default([]),
  /** All ports that the image exposes, too. */
  publishAll: z.boolean().default(false),
  /** `name:address`; `host-gateway` is the host's own address in the container's network. */
  addedHosts: z.array(z.string()).default([]),
  dns: z
    .object({
      servers: z.array(z.string()),
      search: z.array(z.string()),
      options: z.array(z.string()),
    })
    .default({ servers: [], search: [], options: [] }),
  mounts: z.array(mount).default([]),
  memory: z.number().int().positive().optional(),
  cpus: z.number().positive().optional(),
  pids: z.number().int().positive().default(2048),
  readOnly: z.boolean().default(false),
  init: z.boolean().default(false),
  labels: z.record(z.string(), z.string()).default({}),
  capAdd: z.array(z.string()).default([]),
  capDrop: z.array(z.string()).default([]),
  noNewPrivileges: z.boolean().default(true),
  seccomp: z.union([z.enum(['default', 'unconfined']), seccompFile]).default('default'),
  apparmor: z.string().optional(),
  rlimits: z.partialRecord(z.enum(RLIMIT_NAMES), rlimit).default({}),
  remove: z.boolean().default(false),
  restart: restartPolicy.default({ name: 'no' }),
  stopSignal: z.string().optional(),
  stopTimeout: z.number().nonnegative().default(10),
});

export type ContainerWish = z.infer<typeof containerWish>;

/** What can be changed of a container that is there; what is not said stays. */
export const containerUpdate = z.object({
  memory: z.number().int().positive().optional(),
  cpus: z.number().positive().optional(),
  pids: z.number().int().positive().optional(),
  restart: restartPolicy.optional(),
});

export type ContainerUpdate = z.infer<typeof containerUpdate>;

export const updated = (
  wish: ContainerWish,
  {
    memory = wish.memory,
    cpus = wish.cpus,
    pids = wish.pids,
    restart = wish.restart,
  }: ContainerUpdate,
): ContainerWish => ({
  ...wish,
  pids,
  restart,
  ...(memory !== undefined && { memory }),
  ...(cpus !== undefined && { cpus }),
});

const processIdentity = z.object({
  pid: z.number(),
  startTime: z.string(),
  bootId: z.string(),
});

/** A container as it stands in `container.json`; what it is doing now is read from the kernel. */
export const containerRecord = z.object({
  id: z.string(),
  name: z.string(),
  image: z.string(),
  imageDigest: z.string(),
  /** The numbers of the layers that it stands on. */
  layers: z.array(z.number()),
  created: z.string(),
  /** The image's, and what was wished on top. */
  labels: z.record(z.string(), z.string()),
  wish: containerWish,
  /** Those that were wished for and those that the image asks for. */
  volumes: z.array(
    z.object({
      name: z.string(),
      anonymous: z.boolean(),
      destination: z.string(),
      readOnly: z.boolean(),
      noCopy: z.boolean(),
    }),
  ),
  memberships: z.array(membership).default([]),
  attachment: attachment.optional(),
  /** Its first process, from the moment it is there. */
  process: processIdentity.optional(),
  started: z.string().optional(),
  ended: z
    .object({
      at: z.string(),
      /** Missing when nobody was there to see it, as after the loss of power. */
      code: z.number().optional(),
      outOfMemory: z.boolean(),
      /** Why it could not be started again. */
      problem: z.string().optional(),
    })
    .optional(),
  /** How often it was started again since somebody started it. */
  restarts: z.number().default(0),
  /** Set when somebody asked for its end. */
  stopped: z.boolean().optional(),
  /** Set while it has ended and is about to be started again. */
  restarting: z.boolean().optional(),
  paused: z.boolean().optional(),
  /** Set before anything of it is removed, so that what a crash leaves is removed at the next start. */
  removing: z.object({ volumes: z.boolean() }).optional(),
});

export type ContainerRecord = z.infer<typeof containerRecord>;

export type ContainerState = 'created' | 'running' | 'paused' | 'restarting' | 'exited';

export function stateOf({
  process,
  ended,
  restarting,
  paused,
}: Pick<ContainerRecord, 'process' | 'ended' | 'restarting' | 'paused'>): ContainerState {
  if (restarting === true) return 'restarting';
  if (ended !== undefined) return 'exited';
  if (paused === true) return 'paused';
  return process === undefined ? 'created' : 'running';
}

/** Whether its first process is there. */
export function isUp(record: ContainerRecord): boolean {
  const state = stateOf(record);
  return state === 'running' || state === 'paused';
}
