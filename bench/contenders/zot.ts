import { spawnSync } from 'node:child_process';
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { freePort, startServer } from '../server-process.ts';
import type { Candidate, MissingCandidate } from './contender.ts';
import { findProgram } from './find-program.ts';

/** zot is built from its source: its version is then what the linker is told. */
const ENABLING =
  'git clone --depth 1 --branch v2.1.20 https://github.com/project-zot/zot /tmp/zot && ' +
  'CGO_ENABLED=0 GOEXPERIMENT=jsonv2 go build -C /tmp/zot -o "$PWD/.test-tools/bin/zot" ' +
  "-ldflags '-X zotregistry.dev/zot/v2/pkg/buildinfo.Commit=v2.1.20' ./cmd/zot";

/** zot without extensions. With `commit` it syncs what it acknowledges, which it does not do by default. */
export function findZot({ commit }: { commit: boolean }): Candidate | MissingCandidate {
  const name = commit ? 'zot-commit' : 'zot';
  const program = findProgram('zot', 'ZOT_BIN');
  if (program === undefined) return { name, enabling: ENABLING };
  return {
    name,
    version: version(program),
    setUp: commit
      ? 'as zot, with `"commit": true`, so that it syncs as the other two do'
      : 'no extensions, its defaults (deduplication on, no sync to disk before it answers 201) but for its timeout of 60 s, which would end a push of 10 GiB; no authentication',
    start: async (folder) => {
      const port = await freePort();
      const data = join(folder, 'data');
      const url = `http://127.0.0.1:${port}`;
      await mkdir(data);
      await writeFile(join(folder, 'config.json'), configuration(data, port, commit));
      const server = await startServer({
        command: program,
        args: ['serve', join(folder, 'config.json')],
        folder: data,
        log: join(folder, 'log'),
        ready: `${url}/v2/`,
      });
      return { name, url, folder: data, ...server, authorize: async () => undefined };
    },
  };
}

/** zot logs its version as JSON, with a commit when the build gave it one. */
function version(program: string): string {
  const { stdout, stderr } = spawnSync(program, ['--version'], { encoding: 'utf8' });
  return /"commit":"([^"]+)"/.exec(stdout + stderr)?.[1] ?? 'built without a version';
}

const configuration = (data: string, port: number, commit: boolean): string =>
  JSON.stringify({
    distSpecVersion: '1.1.1',
    storage: { rootDirectory: data, ...(commit && { commit }) },
    http: { address: '127.0.0.1', port: String(port), readTimeout: '0s', writeTimeout: '0s' },
    log: { level: 'error' },
  });
