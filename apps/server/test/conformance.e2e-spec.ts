import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { client } from './client.ts';
import { describeWith } from './needs.ts';
import { inS3, redirecting, suiteS3 } from './s3-suite.ts';
import { suiteRegistry } from './suite-registry.ts';

const limit = 120_000;

const optionalApis = [
  ...['PING', 'PULL', 'PUSH', 'REFERRER', 'TAGS_ATOMIC', 'TAGS_DELETE', 'TAGS_LIST'],
  ...['BLOBS_ATOMIC', 'BLOBS_DELETE', 'BLOBS_DIGEST_HEADER', 'BLOBS_MOUNT_ANONYMOUS'],
  ...['BLOBS_UPLOAD_CANCEL', 'MANIFESTS_ATOMIC', 'MANIFESTS_DELETE', 'MANIFESTS_DIGEST_HEADER'],
  'MANIFESTS_TAG_PARAM',
];
const optionalData = [
  ...['IMAGE', 'INDEX', 'INDEX_LIST', 'ARTIFACT', 'ARTIFACT_LIST', 'SUBJECT', 'SUBJECT_LIST'],
  ...['SUBJECT_MISSING', 'DATA_FIELD', 'NONDISTRIBUTABLE', 'CUSTOM_FIELDS', 'NO_LAYERS'],
  ...['EMPTY_BLOB', 'SHA512'],
];
const everyOption = Object.fromEntries(
  [
    ...optionalApis.map((name) => `OCI_API_${name}`),
    ...optionalData.map((name) => `OCI_DATA_${name}`),
  ].map((name) => [name, 'true']),
);

/** `name: verdict` of every test, and of every line of the summary, that did not pass. */
interface Verdicts {
  readonly tests: number;
  readonly testsNotPassed: readonly string[];
  readonly summaryNotPassed: readonly string[];
}

/** The specification's own program, against a server that asks who is there. */
const servers: readonly {
  readonly server: string;
  readonly env?: Readonly<Record<string, string>>;
  readonly s3?: 'passed on' | 'redirected';
  readonly sparse: 'true' | 'false';
  readonly expected: readonly string[];
}[] = [
  {
    server: 'that accepts any sparse manifest',
    env: { SLIPWAY_SPARSE_MANIFESTS: 'any' },
    sparse: 'true',
    expected: [],
  },
  {
    server: 'as it is configured by default',
    sparse: 'false',
    expected: ['Sparse Manifests: Disabled'],
  },
  {
    server: 'that keeps its blobs in S3',
    s3: 'passed on',
    sparse: 'false',
    expected: ['Sparse Manifests: Disabled'],
  },
  {
    server: 'that sends clients to S3 for them',
    s3: 'redirected',
    sparse: 'false',
    expected: ['Sparse Manifests: Disabled'],
  },
];

describe.each(servers)('a server $server', ({ env = {}, s3, sparse, expected }) => {
  const tools = s3 === undefined ? ['conformance'] : ['conformance', 'versitygw'];
  describeWith({ tools }, 'and the OCI conformance program', () => {
    const store = s3 === undefined ? undefined : suiteS3();
    const registry = suiteRegistry(() => {
      if (store === undefined) return { env };
      return { env: inS3(store, s3 === 'redirected' ? redirecting(store) : {}) };
    });

    const verdictsFor = async (version: string): Promise<Verdicts> => {
      const results = join(registry.folder, `results-${version}`);
      const [username, password] = [registry.username, registry.password];
      const outcome = await client('conformance', registry.folder).attempt([], {
        env: {
          ...everyOption,
          // What S3 answers after a redirect has headers of its own.
          ...(s3 === 'redirected' && { OCI_API_BLOBS_DIGEST_HEADER: 'false' }),
          OCI_VERSION: version,
          OCI_DATA_SPARSE: sparse,
          OCI_REGISTRY: registry.host,
          OCI_TLS: 'disabled',
          OCI_USERNAME: username,
          OCI_PASSWORD: password,
          OCI_REPO1: `conformance-${version}/repo1`,
          OCI_REPO2: `conformance-${version}/repo2`,
          OCI_RESULTS_DIR: results,
        },
      });
      const junit = await readFile(join(results, 'junit.xml'), 'utf8').catch(() => {
        throw new Error(`the program wrote no results:\n${outcome.printed}`);
      });
      const tests = [...junit.matchAll(/<testcase name="([^"]*)"[^>]* status="([^"]*)"/g)];
      const summary = (await readFile(join(results, 'results.yaml'), 'utf8'))
        .split(/^apis:$/m)[1]
        ?.matchAll(/^ {2}(\S.*): (\w+)$/gm);
      return {
        tests: tests.length,
        testsNotPassed: tests
          .filter(([, , verdict]) => verdict !== 'passed')
          .map(([, name, verdict]) => `${name ?? ''}: ${verdict ?? ''}`),
        summaryNotPassed: [...(summary ?? [])]
          .filter(([, , verdict]) => verdict !== 'Pass')
          .map(([, name, verdict]) => `${name ?? ''}: ${verdict ?? ''}`),
      };
    };

    it.each(['1.1', 'dev'])(
      'pass every test of version %s, none of them left out',
      async (version) => {
        const { tests, testsNotPassed, summaryNotPassed } = await verdictsFor(version);
        expect(testsNotPassed).toEqual([]);
        expect(summaryNotPassed).toEqual(expected);
        expect(tests).toBeGreaterThan(700);
      },
      limit,
    );
  });
});
