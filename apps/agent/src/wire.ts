import { z } from 'zod';
import { containerRecord, containerUpdate, containerWish } from './container-record.ts';
import { attachment, networkRecord, networkWish } from './network-record.ts';

/**
 * What the program and the agent say to each other over the socket: `POST /<method>` with a JSON body, answered by
 * lines of JSON. The last line is a result or a refusal; one that has neither was cut off.
 */
export const events = z.union([
  z.object({ out: z.string() }),
  z.object({ err: z.string() }),
  z.object({
    layer: z.string(),
    state: z.enum(['pulling', 'present', 'done']),
    size: z.number(),
  }),
  z.object({ id: z.string() }),
  z.object({ result: z.unknown() }),
  z.object({ refusal: z.object({ reason: z.string(), message: z.string() }) }),
]);

/** `out` and `err` are a program's output in base64. */
export type WireEvent = z.infer<typeof events>;

const one = z.object({ container: z.string() });
const timed = one.extend({ timeout: z.number().optional() });
const image = z.object({ image: z.string() });
const volume = z.object({ volume: z.string() });
const network = z.object({ network: z.string() });

/** What each method takes. */
export const requests = {
  'sign-in': z.object({ host: z.string(), username: z.string(), password: z.string() }),
  'sign-out': z.object({ host: z.string() }),
  pull: z.object({ image: z.string(), platform: z.string().optional() }),
  images: z.object({}),
  'image-inspect': image,
  'image-remove': z.object({ image: z.string(), force: z.boolean().default(false) }),
  'image-tag': image.extend({ name: z.string() }),
  'image-history': image,
  'image-prune': z.object({ all: z.boolean().default(false) }),
  'container-prune': z.object({}),
  create: containerWish,
  start: z.object({ container: z.string(), attach: z.boolean().default(false) }),
  stop: timed,
  restart: timed,
  pause: one,
  unpause: one,
  update: one.extend({ update: containerUpdate }),
  rename: z.object({ container: z.string(), name: z.string() }),
  kill: z.object({ container: z.string(), signal: z.string().default('KILL') }),
  wait: one,
  remove: z.object({
    container: z.string(),
    force: z.boolean().default(false),
    volumes: z.boolean().default(false),
  }),
  containers: z.object({}),
  inspect: one,
  /** Of all that run when none is named. */
  stats: z.object({ containers: z.array(z.string()).default([]) }),
  top: one.extend({ options: z.array(z.string()).default([]) }),
  logs: z.object({
    container: z.string(),
    follow: z.boolean().default(false),
    tail: z.number().optional(),
    timestamps: z.boolean().default(false),
    /** In milliseconds since 1970. */
    since: z.number().optional(),
    until: z.number().optional(),
  }),
  exec: z.object({
    container: z.string(),
    command: z.array(z.string()).min(1),
    env: z.array(z.string()).default([]),
    user: z.string().optional(),
    workingDir: z.string().optional(),
  }),
  'volume-create': z.object({
    name: z.string().optional(),
    labels: z.record(z.string(), z.string()).default({}),
  }),
  volumes: z.object({}),
  'volume-inspect': volume,
  'volume-remove': volume,
  'volume-prune': z.object({ all: z.boolean().default(false) }),
  'network-create': networkWish,
  networks: z.object({}),
  'network-inspect': network,
  'network-remove': network,
  'network-prune': z.object({}),
  'network-connect': network.extend({
    container: z.string(),
    aliases: z.array(z.string()).default([]),
    address: z.string().optional(),
    address6: z.string().optional(),
  }),
  'network-disconnect': network.extend({ container: z.string() }),
  check: z.object({}),
  version: z.object({}),
} as const;

export type Method = keyof typeof requests;

export type Request<Name extends Method> = z.input<(typeof requests)[Name]>;

const shownVolume = z.object({
  name: z.string(),
  created: z.string(),
  labels: z.record(z.string(), z.string()),
  anonymous: z.boolean(),
  mountpoint: z.string(),
  /** The names of containers that have it, whether they run or not. */
  usedBy: z.array(z.string()),
});

/** What each method answers. */
export const results = {
  'sign-in': z.object({}),
  'sign-out': z.object({}),
  pull: z.object({ digest: z.string(), target: z.string() }),
  images: z.array(
    z.object({
      names: z.array(z.string()),
      digest: z.string(),
      configDigest: z.string(),
      size: z.number(),
      created: z.string().optional(),
    }),
  ),
  'image-inspect': z.looseObject({ platform: z.string() }),
  'image-remove': z.array(z.string()),
  'image-tag': z.object({}),
  /** The newest first. */
  'image-history': z.array(
    z.object({
      created: z.string().optional(),
      createdBy: z.string().optional(),
      comment: z.string().optional(),
      size: z.number(),
    }),
  ),
  'image-prune': z.object({ lines: z.array(z.string()), size: z.number() }),
  'container-prune': z.array(z.string()),
  create: z.object({ id: z.string() }),
  start: z.object({ code: z.number().optional() }),
  stop: z.object({}),
  restart: z.object({}),
  pause: z.object({}),
  unpause: z.object({}),
  update: z.object({}),
  rename: z.object({}),
  kill: z.object({}),
  wait: z.object({ code: z.number().optional(), outOfMemory: z.boolean() }),
  remove: z.object({}),
  containers: z.array(
    z.object({
      id: z.string(),
      name: z.string(),
      image: z.string(),
      state: z.string(),
      created: z.string(),
      started: z.string().optional(),
      ended: z.string().optional(),
      code: z.number().optional(),
      ports: attachment.shape.ports,
      command: z.array(z.string()),
    }),
  ),
  inspect: containerRecord.extend({ state: z.string() }),
  stats: z.array(
    z.object({
      id: z.string(),
      name: z.string(),
      /** Milliseconds on a clock that only goes forward. */
      at: z.number(),
      /** Nanoseconds so far. */
      cpu: z.number(),
      memory: z.number(),
      memoryLimit: z.number(),
      pids: z.number(),
      read: z.number(),
      written: z.number(),
      received: z.number().optional(),
      sent: z.number().optional(),
      pressure: z.object({ cpu: z.number(), memory: z.number(), io: z.number() }).optional(),
    }),
  ),
  top: z.array(z.string()),
  logs: z.object({}),
  exec: z.object({ code: z.number() }),
  'volume-create': z.object({ name: z.string() }),
  volumes: z.array(shownVolume),
  'volume-inspect': shownVolume,
  'volume-remove': z.object({}),
  'volume-prune': z.array(z.string()),
  'network-create': z.object({ id: z.string() }),
  networks: z.array(networkRecord),
  'network-inspect': networkRecord.extend({
    containers: z.array(
      z.object({
        id: z.string(),
        name: z.string(),
        address: z.string(),
        address6: z.string().optional(),
      }),
    ),
  }),
  'network-remove': z.object({}),
  'network-prune': z.array(z.string()),
  'network-connect': z.object({}),
  'network-disconnect': z.object({}),
  check: z.array(z.object({ what: z.string(), state: z.string(), detail: z.string() })),
  version: z.object({ pid: z.number(), root: z.string() }),
} as const;

export type Result<Name extends Method> = z.infer<(typeof results)[Name]>;
