import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { cpSync, existsSync, mkdirSync, mkdtempSync, readFileSync, readdirSync } from 'node:fs';
import { readlinkSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { setTimeout as sleep } from 'node:timers/promises';
import { dataSource } from './data-source.ts';
import { EmbeddedPostgres } from './embedded-postgres.ts';
import { MetadataUnavailableError } from './errors.ts';
import { Metadata } from './metadata.ts';
import { postgresBinaries } from './postgres-binaries.ts';

const LIMIT = 60_000;
const asRoot = process.getuid?.() === 0 ? test : test.skip;

let prepared: string;
let base: string;
let folder: string;
beforeAll(async () => {
  prepared = mkdtempSync(join(tmpdir(), 'embedded-postgres-'));
  await (await EmbeddedPostgres.start(join(prepared, 'postgres'))).stop();
}, LIMIT);
beforeEach(() => {
  base = mkdtempSync(join(tmpdir(), 'embedded-postgres-'));
  folder = join(base, 'postgres');
});
afterEach(() => {
  remove(base);
});
afterAll(() => {
  remove(prepared);
});

function remove(directory: string): void {
  killAll(processesIn(directory));
  rmSync(directory, { recursive: true, force: true, maxRetries: 20, retryDelay: 100 });
}

/** Puts an empty cluster into the folder, which takes less time than to make one. */
function prepareCluster(): void {
  cpSync(join(prepared, 'postgres'), folder, { recursive: true });
}

/** Another process that supervises the Postgres in `folder`, as a server does. */
class Supervisor {
  private constructor(
    readonly process: ChildProcess,
    readonly pid: number,
  ) {}

  static async start(end = ''): Promise<Supervisor> {
    const supervisor = Supervisor.spawn(end);
    if (!supervisor.stdout) throw new Error('it has no output');
    const [line] = (await once(createInterface(supervisor.stdout), 'line')) as [string];
    return new Supervisor(supervisor, Number(line));
  }

  static spawn(end = ''): ChildProcess {
    const program = `
      import { EmbeddedPostgres } from ${JSON.stringify(new URL('./embedded-postgres.ts', import.meta.url).href)};
      const postgres = await EmbeddedPostgres.start(process.argv[1]);
      process.once('SIGTERM', () => postgres.stop().then(() => process.exit()));
      setInterval(() => {}, 1000);
      console.log(postgres.pid);
      ${end}`;
    return spawn(process.execPath, ['--input-type=module', '-e', program, folder], {
      stdio: ['ignore', 'pipe', 'inherit'],
    });
  }

  async end(signal: NodeJS.Signals): Promise<void> {
    const exit = once(this.process, 'exit');
    this.process.kill(signal);
    await exit;
  }
}

/** The processes that work in `directory`: Postgres changes to its cluster, and so do its children. */
function processesIn(directory: string): number[] {
  return readdirSync('/proc')
    .map(Number)
    .filter((pid) => pid > 0 && workingDirectory(pid).startsWith(directory));
}

/** A child may end by itself once its parent has been killed. */
function killAll(pids: readonly number[]): void {
  for (const pid of pids) {
    try {
      process.kill(pid, 'SIGKILL');
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'ESRCH') throw error;
    }
  }
}

function workingDirectory(pid: number): string {
  try {
    return readlinkSync(`/proc/${pid}/cwd`);
  } catch {
    return '';
  }
}

async function until(condition: () => boolean): Promise<void> {
  const begun = Date.now();
  while (!condition()) {
    if (Date.now() - begun > 20_000) throw new Error(`still not: ${condition.toString()}`);
    await sleep(10);
  }
}

async function ask(postgres: EmbeddedPostgres, statement: string): Promise<unknown> {
  const source = await dataSource(postgres.connection, { maxConnections: 1 }).initialize();
  try {
    return await source.query(statement);
  } finally {
    await source.destroy();
  }
}

test(
  'the first start makes a cluster, the next ones find what was committed',
  async () => {
    const first = await EmbeddedPostgres.start(folder);
    await ask(first, `create table kept as select 'Grüße' as word`);
    await first.stop();

    const second = await EmbeddedPostgres.start(folder);
    expect(second.adopted).toBe(false);
    expect(await ask(second, 'select word from kept')).toEqual([{ word: 'Grüße' }]);
    await second.stop();
  },
  LIMIT,
);

test(
  'it is durable, speaks UTF-8 and listens on nothing but its socket, which is ours alone',
  async () => {
    prepareCluster();
    const postgres = await EmbeddedPostgres.start(folder);
    const settings = await ask(
      postgres,
      `select current_setting('fsync') as fsync, current_setting('synchronous_commit') as commit,
      current_setting('full_page_writes') as pages, current_setting('server_encoding') as encoding,
      current_setting('listen_addresses') as addresses, 'é' ~ '^\\w$' as word`,
    );
    await postgres.stop();

    expect(settings).toEqual([
      { fsync: 'on', commit: 'on', pages: 'on', encoding: 'UTF8', addresses: '', word: true },
    ]);
    for (const directory of ['', 'cluster', 'run', 'log']) {
      expect(statSync(join(folder, directory)).mode & 0o777).toBe(0o700);
    }
  },
  LIMIT,
);

test(
  'stop leaves no process, whatever is connected',
  async () => {
    prepareCluster();
    const postgres = await EmbeddedPostgres.start(folder);
    const metadata = await Metadata.connect(postgres.connection);
    expect(processesIn(folder).length).toBeGreaterThan(1);

    await postgres.stop();

    expect(processesIn(folder)).toEqual([]);
    await expect(metadata.check()).rejects.toThrow(MetadataUnavailableError);
    await metadata.close();
  },
  LIMIT,
);

test(
  'it runs in a session of its own, out of reach of Ctrl-C',
  async () => {
    prepareCluster();
    const postgres = await EmbeddedPostgres.start(folder);
    const stat = readFileSync(`/proc/${postgres.pid}/stat`, 'utf8');
    await postgres.stop();

    const [, , group, session] = stat.replace(/^.*\) /s, '').split(' ');
    expect([group, session]).toEqual([String(postgres.pid), String(postgres.pid)]);
  },
  LIMIT,
);

test(
  'it ends with a process that exits without stopping it',
  async () => {
    prepareCluster();
    const supervisor = await Supervisor.start('process.exit(1);');
    await until(() => supervisor.process.exitCode === 1);

    await until(() => processesIn(folder).length === 0);
  },
  LIMIT,
);

test(
  'after a kill -9 of the server, the next one takes over the Postgres that is still running',
  async () => {
    prepareCluster();
    const supervisor = await Supervisor.start();
    await supervisor.end('SIGKILL');

    const postgres = await EmbeddedPostgres.start(folder);
    expect(postgres).toMatchObject({ adopted: true, pid: supervisor.pid });
    expect(await ask(postgres, 'select 1 as one')).toEqual([{ one: 1 }]);
    await postgres.stop();
    expect(processesIn(folder)).toEqual([]);
  },
  LIMIT,
);

test(
  'a Postgres that was started with other settings is not taken over but started anew',
  async () => {
    prepareCluster();
    const supervisor = await Supervisor.start();
    await supervisor.end('SIGKILL');

    const postgres = await EmbeddedPostgres.start(folder, { settings: { work_mem: '9MB' } });
    expect(postgres.adopted).toBe(false);
    expect(await ask(postgres, 'show work_mem')).toEqual([{ work_mem: '9MB' }]);
    await postgres.stop();
  },
  LIMIT,
);

test(
  'after a kill -9 of everything, every row that was acknowledged is there',
  async () => {
    prepareCluster();
    const supervisor = await Supervisor.start(`
    const { default: pg } = await import(${JSON.stringify(import.meta.resolve('pg'))});
    const { socketDirectory: host, user, database } = postgres.connection;
    const client = new pg.Client({ host, user, database });
    await client.connect();
    await client.query('create table acknowledged (n integer)');
    for (let n = 1; ; n++) {
      await client.query('insert into acknowledged values ($1)', [n]);
      console.log('row', n);
    }`);
    let acknowledged = 0;
    if (!supervisor.process.stdout) throw new Error('it has no output');
    createInterface(supervisor.process.stdout).on('line', (line) => {
      acknowledged = Number(line.split(' ')[1]);
    });
    await until(() => acknowledged > 100);
    const killed = processesIn(folder);
    killAll(killed);
    await supervisor.end('SIGKILL');
    await until(() => processesIn(folder).length === 0);

    const postgres = await EmbeddedPostgres.start(folder);
    expect(postgres.adopted).toBe(false);
    const rows = (await ask(
      postgres,
      'select max(n) as last, count(*) as count from acknowledged',
    )) as {
      last: number;
      count: number;
    }[];
    await postgres.stop();

    expect(killed).toContain(supervisor.pid);
    expect(rows[0]?.last).toBeGreaterThanOrEqual(acknowledged);
    expect(rows[0]?.count).toBe(rows[0]?.last);
  },
  LIMIT,
);

test(
  'a pid file whose number now belongs to another process does not keep it from starting',
  async () => {
    prepareCluster();
    const supervisor = await Supervisor.start();
    killAll(processesIn(folder));
    await supervisor.end('SIGKILL');
    await until(() => processesIn(folder).length === 0);
    for (const file of ['cluster/postmaster.pid', 'run/.s.PGSQL.5432.lock']) {
      const path = join(folder, file);
      writeFileSync(path, readFileSync(path, 'utf8').replace(/^\d+/, String(process.ppid)));
    }

    const postgres = await EmbeddedPostgres.start(folder);
    expect(await ask(postgres, 'select 1 as one')).toEqual([{ one: 1 }]);
    await postgres.stop();
  },
  LIMIT,
);

test(
  'a cluster whose making was killed half-way is made anew',
  async () => {
    const supervisor = Supervisor.spawn();
    await until(() => unfinished().some((name) => existsSync(join(folder, name, 'PG_VERSION'))));
    const exit = once(supervisor, 'exit');
    supervisor.kill('SIGKILL');
    await exit;
    killAll(processesIn(folder));
    expect(unfinished()).toHaveLength(1);
    expect(existsSync(join(folder, 'cluster'))).toBe(false);

    const postgres = await EmbeddedPostgres.start(folder);
    expect(await ask(postgres, 'select 1 as one')).toEqual([{ one: 1 }]);
    await postgres.stop();
    expect(unfinished()).toEqual([]);

    function unfinished(): string[] {
      return existsSync(folder) ? readdirSync(folder).filter((name) => name.endsWith('.new')) : [];
    }
  },
  LIMIT,
);

test(
  'a Postgres that dies is started again, and connections recover without a restart of ours',
  async () => {
    prepareCluster();
    const reports: string[] = [];
    const postgres = await EmbeddedPostgres.start(folder, {
      report: (sentence) => reports.push(sentence),
    });
    const metadata = await Metadata.connect(postgres.connection);
    await metadata.check();
    const { pid } = postgres;

    process.kill(pid, 'SIGKILL');
    await until(() => reports.length === 2);
    await metadata.check();

    expect(postgres.pid).not.toBe(pid);
    expect(reports).toEqual([
      'Postgres has ended by itself; starting it again',
      'Postgres runs again',
    ]);
    await metadata.close();
    await postgres.stop();
    expect(processesIn(folder)).toEqual([]);
  },
  LIMIT,
);

test(
  'stop ends the attempts to start again',
  async () => {
    prepareCluster();
    const reports: string[] = [];
    const postgres = await EmbeddedPostgres.start(folder, {
      report: (sentence) => reports.push(sentence),
    });
    writeFileSync(join(folder, 'cluster', 'PG_VERSION'), '1\n');
    process.kill(postgres.pid, 'SIGKILL');
    await until(() => reports.some((sentence) => sentence.includes('did not start')));

    await postgres.stop();

    expect(processesIn(folder)).toEqual([]);
  },
  LIMIT,
);

test(
  'a second server on the folder is refused while the first lives',
  async () => {
    prepareCluster();
    const supervisor = await Supervisor.start();

    await expect(EmbeddedPostgres.start(folder)).rejects.toThrow(
      `the database in ${folder} is in use by another Slipway, process ${supervisor.process.pid ?? 0}`,
    );

    expect(processesIn(folder)).toContain(supervisor.pid);
    await supervisor.end('SIGTERM');
    expect(processesIn(folder)).toEqual([]);
    await (await EmbeddedPostgres.start(folder)).stop();
  },
  LIMIT,
);

test(
  'a cluster of another major version is refused and left as it is',
  async () => {
    prepareCluster();
    const version = join(folder, 'cluster', 'PG_VERSION');
    writeFileSync(version, '17\n');

    await expect(EmbeddedPostgres.start(folder)).rejects.toThrow(
      /was made by Postgres 17, and this Slipway brings Postgres 18/,
    );
    expect(readFileSync(version, 'utf8')).toBe('17\n');
  },
  LIMIT,
);

test(
  'a folder too deep for the path of a socket works',
  async () => {
    folder = join(base, 'deep'.repeat(30), 'postgres');
    const postgres = await EmbeddedPostgres.start(folder);
    expect(await ask(postgres, 'select 1 as one')).toEqual([{ one: 1 }]);
    await postgres.stop();
  },
  LIMIT,
);

asRoot(
  'root may keep the project and its data in a folder that nobody else may enter',
  async () => {
    const closed = join(base, 'root');
    mkdirSync(closed, { mode: 0o700 });
    const { directory, major } = await postgresBinaries();
    cpSync(directory, join(closed, 'native'), { recursive: true, verbatimSymlinks: true });

    const postgres = await EmbeddedPostgres.start(join(closed, 'data', 'postgres'), {
      binaries: { directory: join(closed, 'native'), major },
    });
    const status = readFileSync(`/proc/${postgres.pid}/status`, 'utf8');
    expect(
      await ask(postgres, `select '2026-07-01'::timestamptz at time zone 'Asia/Tokyo' as t`),
    ).toHaveLength(1);
    expect(await ask(postgres, 'do $$ begin perform 1; end $$')).toEqual([]);
    await postgres.stop();

    expect(/^Uid:\t(\d+)/m.exec(status)?.[1]).not.toBe('0');
  },
);

asRoot(
  'a folder that root has copied works',
  async () => {
    prepareCluster();
    expect(statSync(join(folder, 'cluster')).uid).toBe(0);

    const postgres = await EmbeddedPostgres.start(folder);
    expect(await ask(postgres, 'select 1 as one')).toEqual([{ one: 1 }]);
    await postgres.stop();
  },
  LIMIT,
);
