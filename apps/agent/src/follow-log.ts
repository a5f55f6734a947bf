import { watch } from 'node:fs';
import { open } from 'node:fs/promises';
import { type LogLine, parseLogLine } from '@slipway/runtime';

/** inotify tells of most changes at once; this is for those it does not. */
const LOOK_AGAIN = 250;

/**
 * The lines of a container's log. While `isOver` is false it waits for more, and reads once more when it turns
 * true. `from` is the first byte to read. The file is read and never written: a program is not held up by who reads along.
 */
export async function* followLog(
  path: string,
  isOver: () => boolean,
  signal: AbortSignal,
  from = 0,
): AsyncGenerator<LogLine, void, void> {
  const file = await open(path, 'a+', 0o600);
  let wake: () => void = () => undefined;
  const watcher = watch(path, () => wake());
  watcher.on('error', () => undefined);
  try {
    let rest = '';
    const buffer = Buffer.alloc(256 * 1024);
    for (let at = from; !signal.aborted;) {
      const over = isOver();
      const { bytesRead } = await file.read(buffer, 0, buffer.length, at);
      at += bytesRead;
      const lines = (rest + buffer.toString('latin1', 0, bytesRead)).split('\n');
      rest = lines.pop() ?? '';
      for (const line of lines) {
        const parsed = parseLogLine(line);
        if (parsed !== undefined) yield parsed;
      }
      if (bytesRead > 0) continue;
      if (over) return;
      await new Promise<void>((resolve) => {
        const timer = setTimeout(resolve, LOOK_AGAIN);
        wake = () => {
          clearTimeout(timer);
          resolve();
        };
        signal.addEventListener('abort', wake, { once: true });
        if (isOver()) wake();
      });
    }
  } finally {
    watcher.close();
    await file.close();
  }
}
