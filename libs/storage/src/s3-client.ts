import { readFile } from 'node:fs/promises';
import { Agent as HttpAgent } from 'node:http';
import { Agent as HttpsAgent } from 'node:https';
import { rootCertificates } from 'node:tls';
import { S3Client, type S3ClientConfig } from '@aws-sdk/client-s3';

/** How a server is reached and what it is told about us. */
export interface S3Connection {
  readonly region: string;
  /** Unset: Amazon's own, by the region. */
  readonly endpoint: string | undefined;
  /** Buckets as the first part of the path, which most other servers need, or of the host's name. */
  readonly pathStyle: boolean;
  /** Unset: what the SDK finds, in its variables and files, as web identity, or from the machine's role. */
  readonly credentials:
    | {
        readonly accessKeyId: string;
        readonly secretAccessKey: string;
        readonly sessionToken?: string;
      }
    | undefined;
  /** Which section of the SDK's files counts. */
  readonly profile: string | undefined;
  /** Certificates (PEM) that the server's may be signed by, besides those that Node knows. */
  readonly caFile: string | undefined;
}

/** In milliseconds. */
const CONNECT = 5000;
const SILENCE = 30_000;
/** With waits between them that double, from a tenth of a second on. */
const TRIES = 4;

/** What the last request of a large upload may take, where the server puts the parts together only then. */
export const PATIENTLY = 900_000;

export async function connectS3(connection: S3Connection, silence = SILENCE): Promise<S3Client> {
  const { region, endpoint, pathStyle, credentials, profile, caFile } = connection;
  const ca = caFile === undefined ? undefined : [...rootCertificates, await readFile(caFile)];
  const config: S3ClientConfig = {
    region,
    forcePathStyle: pathStyle,
    maxAttempts: TRIES,
    // What S3 servers other than Amazon's do not know breaks uploads there.
    requestChecksumCalculation: 'WHEN_REQUIRED',
    responseChecksumValidation: 'WHEN_REQUIRED',
    requestHandler: {
      connectionTimeout: CONNECT,
      socketTimeout: silence,
      httpAgent: new HttpAgent({ keepAlive: true }),
      httpsAgent: new HttpsAgent({ keepAlive: true, ...(ca && { ca }) }),
    },
    // It would cost each part a round trip, and a connection of its own.
    expectContinueHeader: false,
    ...(endpoint !== undefined && { endpoint }),
    ...(credentials !== undefined && { credentials }),
    ...(profile !== undefined && { profile }),
  };
  const client = new S3Client(config);
  if (endpoint?.startsWith('https:') ?? true) trustTls(client);
  return client;
}

/** Under TLS the bytes need no hash of ours to arrive as they were sent. */
function trustTls(client: S3Client): void {
  client.middlewareStack.add(
    (next) => (step) => {
      const { headers } = step.request as { readonly headers: Record<string, string> };
      headers['x-amz-content-sha256'] = 'UNSIGNED-PAYLOAD';
      return next(step);
    },
    { step: 'build', name: 'trustTls' },
  );
}
