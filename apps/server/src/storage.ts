import { BlockList, isIPv6 } from 'node:net';
import { type BlobStore, FilesystemBlobStore, openS3, type S3Options } from '@slipway/storage';
import type { Settings } from './settings.ts';

/** The store that the settings name; blobs on a disk lie in `dataDir`. */
export async function openStorage(settings: Settings, dataDir: string): Promise<BlobStore> {
  if (settings.SLIPWAY_STORAGE === 'disk') return FilesystemBlobStore.open(dataDir);
  return openS3(s3Options(settings));
}

/** Whether a client at this address may be sent to the store for a blob's bytes. */
export function mayRedirect(settings: Settings): (address: string) => boolean {
  if (settings.SLIPWAY_STORAGE !== 's3' || settings.SLIPWAY_S3_REDIRECT === 'off') {
    return () => false;
  }
  const proxied = new BlockList();
  for (const network of settings.SLIPWAY_S3_PROXIED_NETWORKS ?? []) {
    const [address = '', length] = network.split('/');
    proxied.addSubnet(address, Number(length), familyOf(address));
  }
  return (address) => !proxied.check(address, familyOf(address));
}

function s3Options(settings: Settings): S3Options {
  const {
    SLIPWAY_S3_ACCESS_KEY_ID: accessKeyId,
    SLIPWAY_S3_SECRET_ACCESS_KEY: secretAccessKey,
    SLIPWAY_S3_SESSION_TOKEN: sessionToken,
    SLIPWAY_S3_ENCRYPTION: mode,
    SLIPWAY_S3_ENDPOINT: endpoint,
    SLIPWAY_S3_ADDRESSING: addressing,
  } = settings;
  return {
    bucket: settings.SLIPWAY_S3_BUCKET ?? '',
    prefix: settings.SLIPWAY_S3_PREFIX ?? '',
    region: settings.SLIPWAY_S3_REGION,
    endpoint,
    pathStyle: addressing === 'auto' ? endpoint !== undefined : addressing === 'path',
    credentials:
      accessKeyId === undefined || secretAccessKey === undefined
        ? undefined
        : { accessKeyId, secretAccessKey, ...(sessionToken !== undefined && { sessionToken }) },
    profile: settings.SLIPWAY_S3_PROFILE,
    caFile: settings.SLIPWAY_S3_CA_FILE,
    encryption: mode === 'none' ? undefined : { mode, key: settings.SLIPWAY_S3_KMS_KEY },
    links:
      settings.SLIPWAY_S3_REDIRECT === 'off'
        ? undefined
        : {
            expiry: settings.SLIPWAY_S3_REDIRECT_EXPIRY,
            endpoint: settings.SLIPWAY_S3_REDIRECT_ENDPOINT,
            cdn: settings.SLIPWAY_S3_CDN_URL,
          },
  };
}

function familyOf(address: string): 'ipv4' | 'ipv6' {
  return isIPv6(address) ? 'ipv6' : 'ipv4';
}
