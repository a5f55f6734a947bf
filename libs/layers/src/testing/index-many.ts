import { parentPort, workerData } from 'node:worker_threads';
import { anEntry, written } from './files.ts';
import { sortEntries } from '../sort-entries.ts';

/** Indexes so many files in no order, in a thread whose memory is bounded by who starts it. */
const count = (workerData as { readonly count: number }).count;
const files = async function* () {
  for (let n = 0; n < count; n++) {
    const scattered = (n * 7919) % count;
    const path = `usr/lib/node_modules/package-${scattered % 997}/dist/${scattered}.js`;
    yield anEntry(path, { size: n, position: n * 1024, hash: String(scattered).padEnd(16) });
  }
};
const { bytes, facts } = await written(sortEntries(files()));
parentPort?.postMessage({ length: bytes.length, ...facts });
