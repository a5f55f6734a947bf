import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { testDatabase, type TestDatabase } from '@slipway/metadata/testing';
import { FilesystemBlobStore, openS3 } from '@slipway/storage';
import { describeWith } from '../needs.ts';
import { inS3, suiteS3 } from '../s3-suite.ts';
import { tempFolder, type TempFolder } from '../temp-folder.ts';
import { keepTidy, seed } from './tidiness/tidiness.ts';

const operations = Number(process.env.SLIPWAY_TEST_TIDY_OPERATIONS ?? 100_000);
const operationsInS3 = Math.ceil(operations / 100);
const minutes = Number(process.env.SLIPWAY_TEST_TIDY_MINUTES ?? 0);
const limitOf = (requests: number) => Math.max(600_000, requests * 50) + minutes * 120_000;

let database: TestDatabase;
let folder: TempFolder;
beforeEach(async () => {
  database = await testDatabase();
  folder = await tempFolder('tidiness');
});
afterEach(async () => {
  await database.drop();
  await folder.remove();
});

describe(`a store on a disk that is kept tidy while it is used (SLIPWAY_TEST_SEED=${seed})`, () => {
  it(
    `loses no live byte and keeps no dead one over ${operations} requests`,
    async () => {
      const { path } = folder;
      const store = await FilesystemBlobStore.open(path);
      const keys = async () => {
        const options = { recursive: true, withFileTypes: true } as const;
        const entries = await readdir(join(path, 'blobs'), options);
        return entries.filter((entry) => entry.isFile()).map(({ name }) => name);
      };
      const setting = { database, folder: path, store, env: {}, keys };
      const said = await keepTidy(operations, setting, Date.now() + minutes * 60_000);
      process.stderr.write(`${said}\n`);
    },
    limitOf(operations),
  );
});

describeWith(
  { tools: ['versitygw'] },
  `a store in S3 that is kept tidy while it is used (SLIPWAY_TEST_SEED=${seed})`,
  () => {
    const s3 = suiteS3();

    it(
      `loses no live byte and keeps no dead one over ${operationsInS3} requests`,
      async () => {
        const said = await keepTidy(operationsInS3, {
          ...{ database, folder: folder.path, env: inS3(s3) },
          store: await openS3(s3.server.options()),
          // Beside the blobs there is what readiness writes.
          keys: async () => (await s3.server.names()).filter((name) => name !== 'check'),
        });
        process.stderr.write(`${said}\n`);
      },
      limitOf(operationsInS3),
    );
  },
);
