import { execFileSync } from 'node:child_process';
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { freePort, startServer } from '../server-process.ts';
import type { Candidate, MissingCandidate } from './contender.ts';
import { findProgram } from './find-program.ts';

const PACKAGE = 'github.com/distribution/distribution/v3/cmd/registry@v3.1.2';

/** CNCF Distribution on its filesystem driver. */
export function findDistribution(): Candidate | MissingCandidate {
  const program = findProgram('registry', 'DISTRIBUTION_BIN');
  if (program === undefined) {
    return { name: 'distribution', enabling: `GOBIN="$PWD/.test-tools/bin" go install ${PACKAGE}` };
  }
  return {
    name: 'distribution',
    version:
      execFileSync(program, ['--version'], { encoding: 'utf8' }).trim().split(' ').at(-1) ?? '',
    setUp:
      'filesystem driver, its in-memory descriptor cache on as in its example configuration, no authentication',
    start: async (folder) => {
      const port = await freePort();
      const data = join(folder, 'data');
      const url = `http://127.0.0.1:${port}`;
      await mkdir(data);
      await writeFile(join(folder, 'config.yml'), configuration(data, port));
      const server = await startServer({
        command: program,
        args: ['serve', join(folder, 'config.yml')],
        folder: data,
        log: join(folder, 'log'),
        ready: `${url}/v2/`,
      });
      return {
        name: 'distribution',
        url,
        folder: data,
        ...server,
        authorize: async () => undefined,
      };
    },
  };
}

const configuration = (data: string, port: number): string => `version: 0.1
log:
  level: error
  accesslog:
    disabled: true
storage:
  cache:
    blobdescriptor: inmemory
  filesystem:
    rootdirectory: ${data}
    maxthreads: 100
  delete:
    enabled: true
http:
  addr: 127.0.0.1:${port}
`;
