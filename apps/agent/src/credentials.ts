import { join } from 'node:path';
import { type Credentials, RemoteRegistry } from '@slipway/client';
import { z } from 'zod';
import { readState, writeState } from './state-file.ts';

const shape = z.record(z.string(), z.object({ username: z.string(), password: z.string() }));

/** Who the agent is to each registry, in a file that only root reads. */
export class SignIns {
  readonly #path: string;

  constructor(root: string) {
    this.#path = join(root, 'sign-ins.json');
  }

  async credentials(host: string): Promise<Credentials | undefined> {
    return (await this.#all())[host];
  }

  /** Keeps the password when the registry takes it. */
  async signIn(host: string, username: string, password: string): Promise<void> {
    await new RemoteRegistry(host, { credentials: { username, password } }).check();
    await writeState(this.#path, { ...(await this.#all()), [host]: { username, password } });
  }

  async signOut(host: string): Promise<void> {
    const others = Object.entries(await this.#all()).filter(([name]) => name !== host);
    await writeState(this.#path, Object.fromEntries(others));
  }

  async #all(): Promise<z.infer<typeof shape>> {
    return (await readState(this.#path, shape)) ?? {};
  }
}
