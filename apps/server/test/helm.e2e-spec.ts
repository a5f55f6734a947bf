import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { client, type Client } from './client.ts';
import { describeWith } from './needs.ts';
import { suiteRegistry } from './suite-registry.ts';
import { uploadedBlobs } from './wiretap.ts';

const limit = 60_000;

describeWith({ tools: ['helm'] }, 'helm', () => {
  const registry = suiteRegistry();
  let helm: Client;

  const helmOf = (user: string) =>
    client('helm', registry.folder, {
      HELM_CONFIG_HOME: join(registry.folder, user),
      HELM_CACHE_HOME: join(registry.folder, user),
      HELM_DATA_HOME: join(registry.folder, user),
    });
  const loginWith = (password: string) => [
    ...['registry', 'login', '--plain-http', registry.host],
    ...['--username', registry.username, '--password', password],
  ];
  const remote = (name: string) => `oci://${registry.host}/${name}`;

  /** Resolves to the path of the packed chart. */
  const packedChart = async (name: string, version: string) => {
    const chart = join(registry.folder, 'charts', name);
    await mkdir(join(chart, 'templates'), { recursive: true });
    await writeFile(
      join(chart, 'Chart.yaml'),
      `apiVersion: v2\nname: ${name}\nversion: ${version}\nappVersion: "1.0"\n`,
    );
    await writeFile(
      join(chart, 'templates/settings.yaml'),
      'apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: {{ .Release.Name }}\n',
    );
    await helm.run(['package', chart, '--destination', registry.folder]);
    return join(registry.folder, `${name}-${version}.tgz`);
  };
  const push = (chart: string, repository: string) =>
    helm.run(['push', '--plain-http', chart, remote(repository)]);

  beforeAll(async () => {
    helm = helmOf('admin');
    await helm.run(loginWith(registry.password));
  }, limit);

  it(
    'is told that the password is wrong',
    async () => {
      const refused = await helmOf('stranger').attempt(loginWith('wrong'));
      expect(refused.code).not.toBe(0);
      expect(refused.printed).toMatch(/unauthorized|401/i);
    },
    limit,
  );

  it(
    'pulls no chart before it logs in',
    async () => {
      await push(await packedChart('private', '0.1.0'), 'charts');
      const refused = await helmOf('nobody').attempt([
        ...['pull', '--plain-http', remote('charts/private'), '--version', '0.1.0'],
      ]);
      expect(refused.code).not.toBe(0);
      expect(refused.printed).toMatch(/unauthorized|401|credential/i);
    },
    limit,
  );

  it(
    'pushes a chart and pulls it back byte for byte',
    async () => {
      const chart = await packedChart('site', '1.2.3');
      const { printed } = await push(chart, 'charts');
      expect(printed).toContain((await registry.manifest('charts/site', '1.2.3')).digest);

      const back = join(registry.folder, 'back');
      await mkdir(back);
      await helm.run([
        ...['pull', '--plain-http', remote('charts/site')],
        ...['--version', '1.2.3', '--destination', back],
      ]);
      expect(await readFile(join(back, 'site-1.2.3.tgz'))).toEqual(await readFile(chart));
    },
    limit,
  );

  it(
    'finds the newest version that a range allows among the tags',
    async () => {
      for (const version of ['1.9.0', '1.10.0', '2.0.0-rc.1', '2.0.0+build.7']) {
        await push(await packedChart('ranged', version), 'charts');
      }
      const shown = await helm.run([
        ...['show', 'chart', '--plain-http', remote('charts/ranged'), '--version', '^1.2'],
      ]);
      expect(shown.stdout).toContain('version: 1.10.0');
      // A tag has no plus sign; helm writes an underscore in its place.
      expect(await registry.tags('charts/ranged')).toContain('2.0.0_build.7');
    },
    limit,
  );

  it(
    'renders a chart that it pulls',
    async () => {
      await push(await packedChart('rendered', '0.1.0'), 'charts');
      const { stdout } = await helm.run([
        ...['template', 'mine', '--plain-http', remote('charts/rendered')],
      ]);
      expect(stdout).toContain('name: mine');
    },
    limit,
  );

  it(
    'uploads no blob a second time',
    async () => {
      const chart = await packedChart('twice', '0.1.0');
      expect(uploadedBlobs(await registry.during(() => push(chart, 'charts')))).not.toEqual([]);
      expect(uploadedBlobs(await registry.during(() => push(chart, 'charts')))).toEqual([]);
    },
    limit,
  );
});
