import { setTimeout as sleep } from 'node:timers/promises';
import { openHandles, residentMemory } from '../resilience/processes.ts';
import { ociError, send, type Answer } from '../resilience/wire.ts';
import { startSlipway, type Slipway } from '../slipway.ts';
import { startLimit } from '../suite-registry.ts';
import { requestText, say } from './raw.ts';

/** What a process may hold more after than before: connections of its pool, pages of its heap. */
const handlesMore = 10;
const megabytesMore = 150;

export const limit = 60_000;

/**
 * A server that is treated badly by the suite around this call. After the suite it must still answer,
 * hold no more than before, and have found nothing worth an error line in its log.
 */
export function hostileSuite(
  env: Readonly<Record<string, string>> = {},
  { megabytes = megabytesMore } = {},
): Slipway {
  const server = {} as Slipway;
  let slipway: Slipway | undefined;
  let before = { handles: 0, memory: 0 };

  beforeAll(async () => {
    slipway = await startSlipway({ env: { SLIPWAY_DATABASE_CONNECTIONS: '6', ...env } });
    Object.assign(server, slipway);
    await warmUp(slipway);
    before = await heldBy(slipway.pid);
  }, startLimit);

  afterAll(async () => {
    if (slipway === undefined) return;
    const { pid } = slipway;
    try {
      expect((await send(slipway, 'GET', '/readyz')).status).toBe(200);
      for (let tries = 0; tries < 50; tries++) {
        if ((await heldBy(pid)).handles <= before.handles + handlesMore) break;
        await sleep(100);
      }
      const after = await heldBy(pid);
      expect(after.handles).toBeLessThanOrEqual(before.handles + handlesMore);
      expect(after.memory).toBeLessThanOrEqual(before.memory + megabytes * 1024 * 1024);
      expect(slipway.log().split('\n').filter(isFault)).toEqual([]);
    } finally {
      await slipway.stop();
    }
  }, startLimit);

  return server;
}

export async function heldBy(pid: number): Promise<{ handles: number; memory: number }> {
  return { handles: await openHandles(pid), memory: await residentMemory(pid) };
}

/** Asks for something on a connection of its own, in exactly these words. */
export async function ask(
  server: Slipway,
  method: string,
  target: string,
  headers: readonly string[] = [],
  body = '',
): Promise<Answer> {
  const length = body === '' ? [] : [`Content-Length: ${Buffer.byteLength(body)}`];
  const text = requestText(server, method, target, [...headers, ...length], body);
  const answer = await say(server, text);
  if (answer === undefined) throw new Error(`${method} ${target} was not answered`);
  return answer;
}

/** Status, code and message of a refusal, in one line. */
export function refusal(answer: Answer | undefined): string {
  if (answer === undefined) return 'closed without an answer';
  const { code, message } = ociError(answer);
  return `${answer.status} ${code} ${message}`;
}

/** An error in pino's JSON, or whatever Node prints of a promise or an error that nobody caught. */
const isFault = (line: string): boolean =>
  /^\{"level":[56]0,/.test(line) || /unhandled|uncaught|Warning:|^\s+at /i.test(line);

/** Opens what a server opens once: its pool's connections, the threads that read and write. */
async function warmUp(server: Slipway): Promise<void> {
  const names = Array.from({ length: 20 }, (_, n) => `warm/up-${n}`);
  await Promise.all(
    names.map((name) =>
      send(server, 'POST', `/v2/${name}/blobs/uploads/`, { body: Buffer.alloc(0) }),
    ),
  );
}
