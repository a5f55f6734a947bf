import {
  type FaultyProxy,
  faultyProxy,
  type S3Server,
  startS3Server,
} from '@slipway/storage/testing';
import type { SlipwayOptions } from './slipway.ts';

/** An S3 server for one suite, and what may go wrong on the way to it. */
export interface SuiteS3 {
  readonly server: S3Server;
  readonly proxy: FaultyProxy;
}

/** Starts both before the tests of the suite, and before the server that uses them, and stops them after. */
export function suiteS3(): SuiteS3 {
  const suite = {} as { server: S3Server; proxy: FaultyProxy };
  beforeAll(async () => {
    suite.server = await startS3Server();
    suite.proxy = await faultyProxy(suite.server.port);
  });
  afterAll(async () => {
    await suite.proxy.close();
    await suite.server.stop();
  });
  return suite;
}

/**
 * Sends clients to S3. By another host's name than the registry's: programs in Go send their credentials on
 * to the same name, whatever its port, and S3 refuses them.
 */
export function redirecting({ proxy }: SuiteS3): Readonly<Record<string, string>> {
  return {
    SLIPWAY_S3_REDIRECT: 'on',
    SLIPWAY_S3_REDIRECT_ENDPOINT: `http://localhost:${proxy.port}`,
  };
}

/** The environment of a server that keeps its blobs there. */
export function inS3(
  { server, proxy }: SuiteS3,
  more: Readonly<Record<string, string>> = {},
): NonNullable<SlipwayOptions['env']> {
  return {
    SLIPWAY_STORAGE: 's3',
    SLIPWAY_S3_BUCKET: server.bucket,
    SLIPWAY_S3_ENDPOINT: `http://127.0.0.1:${proxy.port}`,
    SLIPWAY_S3_ACCESS_KEY_ID: server.accessKey,
    SLIPWAY_S3_SECRET_ACCESS_KEY: server.secretKey,
    ...more,
  };
}
