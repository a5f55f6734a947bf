import type { WireEvent } from '../wire.ts';

export function printOutput(event: WireEvent): void {
  if ('out' in event) process.stdout.write(Buffer.from(event.out, 'base64'));
  if ('err' in event) process.stderr.write(Buffer.from(event.err, 'base64'));
}

export function print(text: string): void {
  process.stdout.write(text);
}

export function printJson(value: unknown): void {
  print(`${JSON.stringify(value, undefined, 2)}\n`);
}
