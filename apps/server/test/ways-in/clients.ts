import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { client } from '../client.ts';
import { containersClient } from '../containers-client.ts';
import type { Image } from '../images.ts';
import { describeWith } from '../needs.ts';

const limit = 60_000;

interface Account {
  readonly username: string;
  readonly password: string;
}

interface Place {
  readonly host: string;
  readonly folder: string;
}

/** Real clients that log in with a password and keep it, push to `repository`, and are told that a wrong one is wrong. */
export function testClients(
  kind: string,
  place: () => Place,
  image: () => Promise<Image>,
  account: () => Promise<Account>,
  repository: string,
): void {
  describeWith({ tools: ['skopeo'] }, `skopeo with ${kind}`, () => {
    const login = async ({ username, password }: Account) => {
      const skopeo = await containersClient('skopeo', place(), username.replace('+', '-'));
      const input = `${password}\n`;
      const args = ['login', '--tls-verify=false', '-u', username, '--password-stdin'];
      return { skopeo, login: await skopeo.attempt([...args, place().host], { input }) };
    };

    it(
      'logs in, pushes and pulls',
      async () => {
        const { skopeo, login: outcome } = await login(await account());
        expect(outcome.printed).toContain('Login Succeeded');
        const remote = `docker://${place().host}/${repository}:skopeo`;
        const { folder, digest } = await image();
        await skopeo.run(['copy', '--all', `oci:${folder}:latest`, remote]);
        const { stdout } = await skopeo.run(['inspect', '--format', '{{.Digest}}', remote]);
        expect(stdout.trim()).toBe(digest);
      },
      limit,
    );

    it(
      'is told that it is wrong',
      async () => {
        const right = await account();
        const { login: outcome } = await login({ ...right, password: `${right.password}x` });
        expect(outcome.code).not.toBe(0);
        expect(outcome.printed).toMatch(/invalid username\/password|unauthorized/i);
      },
      limit,
    );
  });

  describeWith({ tools: ['crane'] }, `crane with ${kind}`, () => {
    it(
      'logs in, pushes and pulls',
      async () => {
        const { username, password } = await account();
        const { host, folder } = place();
        const home = join(folder, `crane-of-${username.replace('+', '-')}`);
        await mkdir(home, { recursive: true });
        const crane = client('crane', home, { DOCKER_CONFIG: home });
        await crane.run(['auth', 'login', host, '-u', username, '--password-stdin'], {
          input: password,
        });
        const { folder: layout, digest } = await image();
        await crane.run(['push', layout, `${host}/${repository}:crane`]);
        const { stdout } = await crane.run(['digest', `${host}/${repository}:crane`]);
        expect(stdout.trim()).toBe(digest);
        const refused = await crane.attempt(['push', layout, `${host}/elsewhere/web:crane`]);
        expect(refused.code).not.toBe(0);
        expect(refused.printed).toMatch(/DENIED|403/);
      },
      limit,
    );
  });
}
