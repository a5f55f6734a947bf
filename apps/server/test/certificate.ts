import { join } from 'node:path';
import { client } from './client.ts';

export interface Certificate {
  readonly certificate: string;
  readonly key: string;
}

/** For 127.0.0.1, and vouching for itself, as small installations have: two files in the folder. */
export async function selfSigned(folder: string): Promise<Certificate> {
  const certificate = join(folder, 'server.crt');
  const key = join(folder, 'server.key');
  await client('openssl', folder).run([
    ...['req', '-x509', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes'],
    ...['-days', '2', '-subj', '/CN=registry', '-addext', 'subjectAltName=IP:127.0.0.1'],
    ...['-keyout', key, '-out', certificate],
  ]);
  return { certificate, key };
}
