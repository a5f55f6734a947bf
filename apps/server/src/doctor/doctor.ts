import { readFile, statfs } from 'node:fs/promises';
import { resolve } from 'node:path';
import type { Metadata } from '@slipway/metadata';
import { publicUrlFault } from '../public-url.ts';
import type { Readiness } from '../readiness.ts';
import type { Settings } from '../settings.ts';
import { VERSION } from '../version.ts';
import { checkChain } from './check-chain.ts';
import { checkDatabase } from './check-database.ts';
import { checkJobs, type JobRun } from './check-jobs.ts';
import { checkLocation, type UploadPass } from './check-location.ts';
import { checkSettings } from './check-settings.ts';
import { checkTls } from './check-tls.ts';
import { type Finding, ill, well } from './finding.ts';

/** Of a disk that is nearly full: how much must be free, in bytes and as a share. */
const LEAST_FREE = 1024 ** 3;
const LEAST_SHARE = 0.05;

/** Looks at all that a running server depends on, and says what to mend. What it makes, it removes again. */
export class Doctor {
  readonly #settings: Settings;
  readonly #metadata: Metadata;
  readonly #readiness: Readiness;
  readonly #pass: () => Promise<UploadPass | undefined>;
  readonly #runs: () => Promise<readonly JobRun[]>;
  readonly #now: () => number;

  /** `pass` lets an upload be tried; `undefined` where nobody could have one. */
  constructor(parts: {
    readonly settings: Settings;
    readonly metadata: Metadata;
    readonly readiness: Readiness;
    readonly pass: () => Promise<UploadPass | undefined>;
    /** The last rounds of the jobs, by how they ended. */
    readonly runs: () => Promise<readonly JobRun[]>;
    readonly now: () => number;
  }) {
    this.#settings = parts.settings;
    this.#metadata = parts.metadata;
    this.#readiness = parts.readiness;
    this.#pass = parts.pass;
    this.#runs = parts.runs;
    this.#now = parts.now;
  }

  async examine(): Promise<readonly Finding[]> {
    const found = await Promise.all([
      this.#database(),
      this.#storage(),
      this.#disk(),
      this.#publicUrl(),
      this.#tls(),
    ]);
    return [
      well('version', `Slipway ${VERSION} on Node ${process.versions.node}`),
      ...checkSettings(this.#settings),
      ...found.flat(),
      checkJobs(await this.#runs(), this.#now()),
    ];
  }

  async #database(): Promise<readonly Finding[]> {
    const asked = this.#now();
    try {
      const report = await this.#metadata.report();
      const times = { asked, answered: this.#now() };
      const { count, size } = await this.#metadata.tables.blobs.total();
      return [
        ...checkDatabase(report, this.#settings.SLIPWAY_DATABASE_CONNECTIONS, times),
        well('stored', `${count} blobs with ${(size / 1e9).toFixed(1)} GB, each once`),
      ];
    } catch (error) {
      return [
        ill('database', said(error), 'see that it runs and that SLIPWAY_DATABASE_URL is right'),
      ];
    }
  }

  async #storage(): Promise<readonly Finding[]> {
    const { storage } = await this.#readiness();
    const name = this.#settings.SLIPWAY_STORAGE === 's3' ? 'the bucket' : 'the disk';
    return [
      storage === undefined
        ? well('storage', `${name} is written, read and deleted from`)
        : ill(
            'storage',
            storage,
            'see docs/s3.md for a bucket; for a disk its mount, owner and mode',
          ),
    ];
  }

  async #disk(): Promise<readonly Finding[]> {
    const folder = resolve(this.#settings.SLIPWAY_DATA_DIR);
    try {
      const { bavail, blocks, bsize } = await statfs(folder);
      const [free, whole] = [bavail * bsize, blocks * bsize];
      const gigabytes = `${(free / 1e9).toFixed(1)} of ${(whole / 1e9).toFixed(1)} GB are free under ${folder}`;
      return [
        free >= LEAST_FREE && free >= whole * LEAST_SHARE
          ? well('disk space', gigabytes)
          : ill(
              'disk space',
              `only ${gigabytes}`,
              'make room, or move SLIPWAY_DATA_DIR to a larger disk',
            ),
      ];
    } catch (error) {
      return [ill('disk space', said(error), 'see that SLIPWAY_DATA_DIR is mounted')];
    }
  }

  async #publicUrl(): Promise<readonly Finding[]> {
    const { SLIPWAY_PUBLIC_URL: url } = this.#settings;
    if (url === undefined) {
      return [well('public URL', 'clients are told the name by which they came')];
    }
    const fault = await publicUrlFault(url);
    if (fault !== undefined) {
      return [ill('public URL', fault, 'mend the proxy or the name, or set SLIPWAY_PUBLIC_URL')];
    }
    return [
      well('public URL', `clients reach this registry at ${url}`),
      ...(await this.#location(url)),
    ];
  }

  /** Only where this registry answers: the token is for nobody else. */
  async #location(url: string): Promise<readonly Finding[]> {
    try {
      const pass = await this.#pass();
      return pass === undefined ? [] : [await checkLocation(url, pass)];
    } catch {
      // The database does not answer; its own line says so.
      return [];
    }
  }

  async #tls(): Promise<readonly Finding[]> {
    const { SLIPWAY_TLS_CERT: file, SLIPWAY_PUBLIC_URL: url } = this.#settings;
    const host = url === undefined ? undefined : new URL(url).hostname;
    const served =
      file === undefined ? undefined : checkTls(await readFile(file, 'utf8'), host, this.#now());
    const shown =
      url?.startsWith('https:') === true ? await checkChain(url, this.#now()) : undefined;
    return [served, shown].filter((finding) => finding !== undefined);
  }
}

const said = (error: unknown): string => (error instanceof Error ? error.message : String(error));
