import { resolve } from 'node:path';

/** Where the terminal finds the server, and as whom it asks when that is not by the operator's socket. */
export interface TerminalSettings {
  readonly dataDir: string;
  readonly token: string | undefined;
}

export function terminalSettings(
  environment: Readonly<Record<string, string | undefined>> = process.env,
): TerminalSettings {
  const given = (name: string) => (environment[name] === '' ? undefined : environment[name]);
  return {
    dataDir: resolve(given('SLIPWAY_DATA_DIR') ?? './data'),
    token: given('SLIPWAY_TOKEN'),
  };
}
