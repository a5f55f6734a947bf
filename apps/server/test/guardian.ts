/**
 * A process that outlives the tests' process by a moment. It is told of every temporary folder on
 * its standard input (`+folder` made, `-folder` removed); when that input ends, for whatever reason
 * the tests' process died, it clears away what is left. A killed test run leaves nothing behind.
 */
import { createInterface } from 'node:readline';
import { clearAway } from './leftovers.ts';

const folders = new Set<string>();

process.on('SIGINT', () => undefined);
process.on('SIGTERM', () => undefined);

for await (const line of createInterface({ input: process.stdin })) {
  const folder = line.slice(1);
  if (line.startsWith('+')) folders.add(folder);
  else folders.delete(folder);
}
for (const folder of folders) await clearAway(folder);
