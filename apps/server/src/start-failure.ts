import type { Settings } from './settings.ts';

/** Why the server could not start, as a sentence that says what to do; `undefined` when only the stack tells. */
export function startFailure(error: unknown, settings: Settings): string | undefined {
  if (!(error instanceof Error)) return undefined;
  const { code, path = '' } = error as NodeJS.ErrnoException;
  const { SLIPWAY_HOST: host, SLIPWAY_PORT: port } = settings;
  switch (code) {
    case 'EADDRINUSE':
      return `another program listens on port ${port} of ${host}; stop it or set SLIPWAY_PORT`;
    case 'EADDRNOTAVAIL':
      return `${host} is no address of this machine; set SLIPWAY_HOST`;
    case 'EACCES':
      return path === ''
        ? `this user may not listen on port ${port}; set SLIPWAY_PORT to 1024 or more`
        : `this user may not use ${path}; change its owner or its mode, or set another place`;
    case 'ENOENT':
      return `there is no file ${path}`;
    case undefined:
    default:
      return code === undefined && error.constructor !== TypeError ? error.message : undefined;
  }
}
