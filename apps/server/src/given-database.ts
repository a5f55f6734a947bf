import type { UrlConnection } from '@slipway/metadata';
import type { Settings } from './settings.ts';

/** The database of the settings; `undefined` when it is the embedded one. */
export function givenDatabase(settings: Settings): UrlConnection | undefined {
  const { SLIPWAY_DATABASE_URL: urls, SLIPWAY_DATABASE_POOLING: pooling } = settings;
  return urls && { urls, pooling };
}
