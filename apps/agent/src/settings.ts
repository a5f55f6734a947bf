import { z } from 'zod';

/** What of the environment the agent reads; the server's settings have the same prefix and are not its business. */
const schema = z.object({
  SLIPWAY_ROOT: z.string().regex(/^\//, 'is not an absolute path').default('/var/lib/slipway'),
  SLIPWAY_SOCKET: z.string().regex(/^\//, 'is not an absolute path').default('/run/slipway.sock'),
  SLIPWAY_RUNTIME: z.enum(['crun', 'runc', 'youki']).optional(),
});

export interface AgentSettings {
  /** Folder of images, layers and containers. */
  readonly root: string;
  readonly socket: string;
  /** The runtime by name; by default the one that suits the host's cgroups. */
  readonly runtime?: 'crun' | 'runc' | 'youki';
}

class SettingsError extends Error {
  override readonly name = 'SettingsError';
}

export type Environment = Readonly<Record<string, string | undefined>>;

/** Of this process: `-e KEY` passes on what is in it. */
export const environment = (): Environment => process.env;

/** What stands on the command line wins over the environment. */
export function agentSettings(
  options: { readonly root?: string; readonly socket?: string; readonly runtime?: string },
  environment: Environment,
): AgentSettings {
  const given = {
    SLIPWAY_ROOT: options.root ?? environment.SLIPWAY_ROOT,
    SLIPWAY_SOCKET: options.socket ?? environment.SLIPWAY_SOCKET,
    SLIPWAY_RUNTIME: options.runtime ?? environment.SLIPWAY_RUNTIME,
  };
  const said = Object.entries(given).filter(([, value]) => value !== undefined && value !== '');
  const parsed = schema.safeParse(Object.fromEntries(said));
  if (!parsed.success) {
    const faults = parsed.error.issues.map(({ path, message }) => `${path.join('.')} ${message}`);
    throw new SettingsError(faults.join('\n'));
  }
  const { SLIPWAY_ROOT: root, SLIPWAY_SOCKET: socket, SLIPWAY_RUNTIME: runtime } = parsed.data;
  return { root, socket, ...(runtime !== undefined && { runtime }) };
}
