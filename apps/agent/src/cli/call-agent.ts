import { request } from 'node:http';
import {
  events,
  type Method,
  type Request,
  type Result,
  results,
  type WireEvent,
} from '../wire.ts';

/** A refusal as the agent told it. */
export class Refused extends Error {
  override readonly name = 'Refused';
  readonly reason: string;

  constructor(reason: string, message: string) {
    super(message);
    this.reason = reason;
  }
}

/** Nobody listens on the socket. */
export class NoAgent extends Error {
  override readonly name = 'NoAgent';
}

/** Asks the agent for one thing; `hear` gets what it tells on the way. */
export async function callAgent<Name extends Method>(
  socketPath: string,
  method: Name,
  body: Request<Name>,
  hear: (event: WireEvent) => void = () => undefined,
): Promise<Result<Name>> {
  const response = await new Promise<AsyncIterable<Buffer>>((resolve, reject) => {
    const asking = request({ socketPath, path: `/${method}`, method: 'POST' }, resolve);
    asking.on('error', (error: NodeJS.ErrnoException) => {
      const nobody = ['ENOENT', 'ECONNREFUSED'].includes(error.code ?? '');
      reject(nobody ? new NoAgent(`no agent listens on ${socketPath}`) : error);
    });
    asking.end(JSON.stringify(body));
  });
  for await (const line of linesOf(response)) {
    const event = events.parse(JSON.parse(line));
    if ('result' in event) return results[method].parse(event.result) as Result<Name>;
    if ('refusal' in event) throw new Refused(event.refusal.reason, event.refusal.message);
    hear(event);
  }
  throw new Refused('cut-off', 'the agent ended before it answered');
}

async function* linesOf(source: AsyncIterable<Buffer>): AsyncGenerator<string, void, void> {
  const decoder = new TextDecoder();
  let rest = '';
  for await (const piece of source) {
    const lines = (rest + decoder.decode(piece, { stream: true })).split('\n');
    rest = lines.pop() ?? '';
    yield* lines;
  }
}
