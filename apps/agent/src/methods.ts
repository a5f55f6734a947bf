import { totalmem } from 'node:os';
import { checkHost } from '@slipway/runtime';
import type { Handler } from './agent.ts';
import { stateOf } from './container-record.ts';
import { imageMethods, imageOf } from './image-methods.ts';
import { configOf, type LocalImage } from './images.ts';
import { networkMethods } from './network-methods.ts';
import { pruneMethods } from './prune-methods.ts';
import { volumeMethods } from './volume-methods.ts';
import type { Method, WireEvent } from './wire.ts';

/** What the agent does, by what it is asked. */
export const methods: { readonly [Name in Method]: Handler<Name> } = {
  ...imageMethods,
  ...networkMethods,
  ...pruneMethods,
  ...volumeMethods,

  'sign-in': async ({ signIns }, { host, username, password }) => {
    await signIns.signIn(host, username, password);
    return {};
  },

  'sign-out': async ({ signIns }, { host }) => {
    await signIns.signOut(host);
    return {};
  },

  create: async ({ images, containers }, wish) => {
    const { id } = await containers.create(wish, await imageOf(images, wish.image));
    return { id };
  },

  start: async ({ containers }, { container, attach }, tell, signal) => {
    const { id } = containers.find(container);
    if (!attach) {
      await containers.start(id);
      return {};
    }
    let started = false;
    const gone = new AbortController();
    const either = AbortSignal.any([signal, gone.signal]);
    const log = await containers.logOfStart(id, () => started, either);
    const output = pass(log, tell);
    output.catch(() => undefined);
    try {
      await containers.start(id);
    } catch (error) {
      gone.abort();
      await output;
      throw error;
    }
    started = true;
    const ended = await containers.wait(id, signal);
    await output;
    return ended?.code === undefined ? {} : { code: ended.code };
  },

  stop: async ({ containers }, { container, timeout }) => {
    await containers.stop(containers.find(container).id, timeout);
    return {};
  },

  restart: async ({ containers }, { container, timeout }) => {
    await containers.restart(containers.find(container).id, timeout);
    return {};
  },

  pause: async ({ containers }, { container }) => {
    await containers.pause(containers.find(container).id);
    return {};
  },

  unpause: async ({ containers }, { container }) => {
    await containers.unpause(containers.find(container).id);
    return {};
  },

  update: async ({ containers }, { container, update }) => {
    await containers.update(containers.find(container).id, update);
    return {};
  },

  rename: async ({ containers }, { container, name }) => {
    await containers.rename(containers.find(container).id, name);
    return {};
  },

  kill: async ({ containers }, { container, signal }) => {
    await containers.kill(containers.find(container).id, signal);
    return {};
  },

  wait: async ({ containers }, { container }, _tell, signal) => {
    const ended = await containers.wait(containers.find(container).id, signal);
    const outOfMemory = ended?.outOfMemory ?? false;
    return ended?.code === undefined ? { outOfMemory } : { code: ended.code, outOfMemory };
  },

  remove: async ({ containers }, { container, force, volumes }) => {
    await containers.remove(containers.find(container).id, { force, volumes });
    return {};
  },

  containers: async ({ images, containers }) => {
    const local = await images.list();
    return containers.list().map((record) => {
      const image = local.find(({ digest }) => digest === record.imageDigest);
      const { id, name, created, started, ended, wish, attachment } = record;
      return {
        id,
        name,
        image: record.image,
        created,
        state: stateOf(record),
        ports: [...(attachment?.ports ?? [])],
        command: wish.command.length > 0 ? wish.command : commandOf(image),
        ...(started !== undefined && { started }),
        ...(ended !== undefined && { ended: ended.at }),
        ...(ended?.code !== undefined && { code: ended.code }),
      };
    });
  },

  inspect: async ({ containers }, { container }) => {
    const record = containers.find(container);
    return { ...record, state: stateOf(record) };
  },

  stats: async ({ containers }, { containers: named }) => {
    const records =
      named.length > 0 ? named.map((each) => containers.find(each)) : containers.list();
    const all = await Promise.all(
      records.map(async ({ id, name }) => {
        const usage = await containers.stats(id);
        return usage === undefined ? [] : [{ id, name, memoryLimit: totalmem(), ...usage }];
      }),
    );
    return all.flat();
  },

  top: async ({ containers }, { container, options }) => [
    ...(await containers.top(containers.find(container).id, options)),
  ],

  logs: async ({ containers }, request, tell, signal) => {
    const { container, follow, tail, timestamps, since = 0, until = Infinity } = request;
    const { id } = containers.find(container);
    let skip = 0;
    if (tail !== undefined) {
      let lines = 0;
      for await (const _ of containers.log(id, false, signal)) lines++;
      skip = Math.max(0, lines - tail);
    }
    for await (const { stream, time, text } of containers.log(id, follow, signal)) {
      if (skip-- > 0) continue;
      const at = Date.parse(time);
      if (at < since) continue;
      if (at > until) break;
      const shown = timestamps ? `${time} ${text}` : text;
      await tell(outputEvent(stream, Buffer.from(shown, 'latin1')));
    }
    return {};
  },

  exec: async ({ containers }, { container, ...wish }, tell, signal) => {
    const program = await containers.exec(containers.find(container).id, wish);
    const stop = () => program.kill();
    signal.addEventListener('abort', stop);
    if (signal.aborted) stop();
    program.stdin.end();
    const copy = async (stream: 'stdout' | 'stderr') => {
      for await (const piece of program[stream] as AsyncIterable<Buffer>) {
        await tell(outputEvent(stream, piece));
      }
    };
    const [code] = await Promise.all([program.status, copy('stdout'), copy('stderr')]);
    signal.removeEventListener('abort', stop);
    return { code };
  },

  check: async () => [...(await checkHost())],

  version: async ({ root }) => ({ pid: process.pid, root }),
};

async function pass(
  lines: AsyncIterable<{ readonly stream: 'stdout' | 'stderr'; readonly text: string }>,
  tell: (event: WireEvent) => Promise<void>,
): Promise<void> {
  for await (const { stream, text } of lines) {
    await tell(outputEvent(stream, Buffer.from(text, 'latin1')));
  }
}

const outputEvent = (stream: 'stdout' | 'stderr', bytes: Buffer): WireEvent =>
  stream === 'stdout' ? { out: bytes.toString('base64') } : { err: bytes.toString('base64') };

const commandOf = (image: LocalImage | undefined): string[] => {
  if (image === undefined) return [];
  const { entrypoint, cmd } = configOf(image).process;
  return [...entrypoint, ...cmd];
};
