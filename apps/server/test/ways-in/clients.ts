import { mkdir, readFile, writeFile } from 'node:fs/promises';
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

  describeWith({ tools: ['docker'] }, `docker with ${kind}`, () => {
    /** Its command line asks the registry itself where there is no engine to ask. */
    const login = async ({ username, password }: Account) => {
      const { host, folder } = place();
      const home = join(folder, `docker-of-${username.replace('+', '-')}`);
      await mkdir(home, { recursive: true });
      const docker = client('docker', home, {
        DOCKER_CONFIG: home,
        DOCKER_HOST: `unix://${home}/no-engine`,
      });
      const args = ['login', host, '--username', username, '--password-stdin'];
      return docker.attempt(args, { input: password });
    };

    it(
      'logs in',
      async () => {
        expect((await login(await account())).printed).toContain('Login Succeeded');
      },
      limit,
    );

    it(
      'is told that it is wrong',
      async () => {
        const right = await account();
        const outcome = await login({ ...right, password: `${right.password}x` });
        expect(outcome.code).not.toBe(0);
        expect(outcome.printed).toMatch(/unauthorized/i);
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
  describeWith({ tools: ['podman'], root: true }, `podman with ${kind}`, () => {
    it(
      'logs in, pushes and pulls',
      async () => {
        const { username, password } = await account();
        const { host } = place();
        const podman = await containersClient('podman', place(), username.replace('+', '-'));
        await podman.run(['login', '--username', username, '--password-stdin', host], {
          input: password,
        });
        const { folder } = await image();
        const loaded = await podman.run(['pull', '--quiet', `oci:${folder}:latest`]);
        const remote = `${host}/${repository}:podman`;
        await podman.run(['push', '--quiet', loaded.stdout.trim(), remote]);
        await podman.run(['rmi', '--all', '--force']);
        expect((await podman.run(['pull', '--quiet', remote])).stdout.trim()).not.toBe('');
      },
      limit,
    );
  });

  describeWith({ tools: ['oras'] }, `oras with ${kind}`, () => {
    it(
      'logs in, pushes and pulls',
      async () => {
        const { username, password } = await account();
        const { host, folder } = place();
        const home = join(folder, `oras-of-${username.replace('+', '-')}`);
        await mkdir(home, { recursive: true });
        const oras = client('oras', home, { DOCKER_CONFIG: home });
        const login = ['login', '--plain-http', '--username', username, '--password-stdin', host];
        await oras.run(login, { input: password });
        const { folder: layout, digest } = await image();
        const remote = `${host}/${repository}:oras`;
        await oras.run(['cp', '--to-plain-http', '--from-oci-layout', `${layout}:latest`, remote]);
        const { stdout } = await oras.run(['resolve', '--plain-http', remote]);
        expect(stdout.trim()).toBe(digest);
      },
      limit,
    );
  });

  describeWith({ tools: ['helm'] }, `helm with ${kind}`, () => {
    it(
      'logs in, pushes a chart and pulls it',
      async () => {
        const { username, password } = await account();
        const { host, folder } = place();
        const home = join(folder, `helm-of-${username.replace('+', '-')}`);
        const chart = join(home, 'site');
        await mkdir(chart, { recursive: true });
        await writeFile(
          join(chart, 'Chart.yaml'),
          'apiVersion: v2\nname: site\nversion: 1.2.3\nappVersion: "1.0"\n',
        );
        const helm = client('helm', home, {
          HELM_CONFIG_HOME: home,
          HELM_CACHE_HOME: home,
          HELM_DATA_HOME: home,
        });
        const login = ['registry', 'login', '--plain-http', host, '--username', username];
        await helm.run([...login, '--password-stdin'], { input: password });
        await helm.run(['package', chart, '--destination', home]);
        const charts = `oci://${host}/${repository}`;
        await helm.run(['push', '--plain-http', join(home, 'site-1.2.3.tgz'), charts]);
        const pull = ['pull', '--plain-http', `${charts}/site`, '--version', '1.2.3'];
        await mkdir(join(home, 'pulled'));
        await helm.run([...pull, '--destination', join(home, 'pulled')]);
        expect(await readFile(join(home, 'pulled/site-1.2.3.tgz'))).toEqual(
          await readFile(join(home, 'site-1.2.3.tgz')),
        );
      },
      limit,
    );
  });
}
