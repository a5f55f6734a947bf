import { isIP } from 'node:net';
import { z } from 'zod';

/** SigV4 signs for no longer. In seconds. */
const LONGEST_LINK = 604_800;

/** Where blobs are kept, as a part of the schema in `settings.ts`. */
export const storageSettings = {
  SLIPWAY_STORAGE: z
    .enum(['disk', 's3'])
    .default('disk')
    .describe('Where blobs are kept: on the `disk` of `SLIPWAY_DATA_DIR`, or in a bucket of `s3`.'),
  SLIPWAY_S3_BUCKET: text().optional().describe('The bucket, which must be there.'),
  SLIPWAY_S3_REGION: text().default('us-east-1').describe('The region of the bucket.'),
  SLIPWAY_S3_ENDPOINT: origin()
    .optional()
    .describe("Where the S3 server is, such as `https://s3.example.org`. Unset: Amazon's own."),
  SLIPWAY_S3_PREFIX: z
    .string()
    .regex(/^[\w.-]+(?:\/[\w.-]+)*\/?$/, 'is not names of letters, digits, "_", "." or "-", by "/"')
    .transform((prefix) => (prefix.endsWith('/') ? prefix : `${prefix}/`))
    .optional()
    .describe('What every key begins with; one registry alone uses it.'),
  SLIPWAY_S3_ACCESS_KEY_ID: text()
    .optional()
    .describe(
      'The access key. Unset: what the AWS SDK finds, in its variables and files, by web identity, or as the role of the machine.',
    ),
  SLIPWAY_S3_SECRET_ACCESS_KEY: text().optional().describe("The access key's secret."),
  SLIPWAY_S3_SESSION_TOKEN: text().optional().describe('The token of a temporary access key.'),
  SLIPWAY_S3_PROFILE: text()
    .optional()
    .describe("The profile in the AWS SDK's files, when no access key is set."),
  SLIPWAY_S3_ADDRESSING: z
    .enum(['auto', 'path', 'host'])
    .default('auto')
    .describe(
      'Whether the bucket stands in the URL as its `path` or as its `host`; `auto` is `path` with `SLIPWAY_S3_ENDPOINT`, else `host`.',
    ),
  SLIPWAY_S3_CA_FILE: text()
    .optional()
    .describe('File with certificates (PEM) that the S3 server may be signed by.'),
  SLIPWAY_S3_ENCRYPTION: z
    .enum(['none', 'AES256', 'aws:kms', 'aws:kms:dsse'])
    .default('none')
    .describe('The encryption that the S3 server is asked for; `none` leaves it to the bucket.'),
  SLIPWAY_S3_KMS_KEY: text().optional().describe('The key of `aws:kms`. Unset: the default one.'),
  SLIPWAY_S3_REDIRECT: z
    .enum(['off', 'on'])
    .default('off')
    .describe('`on` sends clients to the S3 server for the bytes of a blob.'),
  SLIPWAY_S3_REDIRECT_EXPIRY: z.coerce
    .number()
    .int()
    .min(1)
    .max(LONGEST_LINK)
    .default(3600)
    .describe('Seconds for which a client may begin to follow a redirect.'),
  SLIPWAY_S3_REDIRECT_ENDPOINT: origin()
    .optional()
    .describe('Where clients reach the S3 server, when that is not `SLIPWAY_S3_ENDPOINT`.'),
  SLIPWAY_S3_CDN_URL: origin()
    .optional()
    .describe('What stands before the S3 server and passes on what is signed for it.'),
  SLIPWAY_S3_PROXIED_NETWORKS: z
    .string()
    .transform((list) => list.split(',').map((each) => each.trim()))
    .refine((networks) => networks.every(isNetwork), 'is not networks such as 10.0.0.0/8, by ","')
    .optional()
    .describe('Networks whose clients are never redirected, such as `10.0.0.0/8,fd00::/8`.'),
};

/** What is wrong between several of the variables, a line for each. */
export function storageFaults(given: Readonly<Record<string, string | undefined>>): string[] {
  const names = Object.keys(storageSettings).filter((name) => name !== 'SLIPWAY_STORAGE');
  if (given.SLIPWAY_STORAGE !== 's3') {
    return names
      .filter((name) => given[name] !== undefined)
      .map((name) => `${name} means nothing without SLIPWAY_STORAGE=s3`);
  }
  const faults: string[] = [];
  if (given.SLIPWAY_S3_BUCKET === undefined) {
    faults.push('SLIPWAY_S3_BUCKET is missing, though SLIPWAY_STORAGE is s3');
  }
  const { SLIPWAY_S3_ACCESS_KEY_ID: accessKey, SLIPWAY_S3_SECRET_ACCESS_KEY: secret } = given;
  if ((accessKey === undefined) !== (secret === undefined)) {
    faults.push(
      'SLIPWAY_S3_ACCESS_KEY_ID and SLIPWAY_S3_SECRET_ACCESS_KEY go together: set both or neither',
    );
  }
  if (
    given.SLIPWAY_S3_KMS_KEY !== undefined &&
    given.SLIPWAY_S3_ENCRYPTION?.startsWith('aws:kms') !== true
  ) {
    faults.push('SLIPWAY_S3_KMS_KEY means nothing without SLIPWAY_S3_ENCRYPTION=aws:kms');
  }
  return faults;
}

function text() {
  return z.string().min(1);
}

function origin() {
  return z
    .url({ protocol: /^https?$/, error: 'is not an http:// or https:// URL' })
    .refine((url) => new URL(url).href === `${new URL(url).origin}/`, {
      when: ({ issues }) => issues.length === 0,
      error: 'has a path, a query or a user; it is only https://host or https://host:port',
    })
    .transform((url) => new URL(url).origin);
}

function isNetwork(network: string): boolean {
  const [address = '', length, ...rest] = network.split('/');
  const version = isIP(address);
  const most = version === 4 ? 32 : 128;
  return (
    version !== 0 && rest.length === 0 && /^\d{1,3}$/.test(length ?? '') && Number(length) <= most
  );
}
