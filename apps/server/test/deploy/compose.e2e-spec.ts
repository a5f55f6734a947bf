import { cp, mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parse } from 'yaml';
import { parseSettings } from '../../src/settings.ts';
import { client } from '../client.ts';
import { describeWith } from '../needs.ts';
import { tempFolder, type TempFolder } from '../temp-folder.ts';

const limit = 60_000;
const root = fileURLToPath(new URL('../../../..', import.meta.url));

/** Of the file as compose understands it, what is asked about here. */
interface Compose {
  readonly services: Readonly<Record<string, Service>>;
}
interface Service {
  readonly scale?: number;
  readonly depends_on?: Readonly<Record<string, { readonly condition: string }>>;
  readonly environment?: Readonly<Record<string, string | number>>;
}

describeWith({ tools: ['docker-compose', 'caddy'] }, 'the compose file', () => {
  let folder: TempFolder;
  let whole: Compose;

  beforeAll(async () => {
    folder = await tempFolder('compose');
    await cp(join(root, 'docker-compose.yml'), join(folder.path, 'docker-compose.yml'));
    await cp(join(root, 'deploy'), join(folder.path, 'deploy'), { recursive: true });
    await mkdir(join(folder.path, 'home'));
    const { code, stdout, printed } = await config(await example());
    expect({ code, printed }).toMatchObject({ code: 0 });
    whole = parse(stdout) as Compose;
  }, limit);
  afterAll(async () => folder.remove());

  /** As compose reads it with that `.env` beside it. */
  const config = async (variables: string) => {
    await writeFile(join(folder.path, '.env'), variables);
    const compose = client('docker-compose', join(folder.path, 'home'));
    return compose.attempt(['config'], { cwd: folder.path });
  };

  /** `.env.example`, filled in. */
  const example = async () =>
    (await readFile(join(root, '.env.example'), 'utf8')).replace(
      /^(\w+_(?:PASSWORD|KEY))=$/gm,
      '$1=aSecretOf$1',
    );

  it('starts two servers, after the migrations, after the database', () => {
    const { server, migrate, proxy } = whole.services;
    expect(server?.scale).toBe(2);
    expect(server?.depends_on).toMatchObject({
      migrate: { condition: 'service_completed_successfully' },
      s3: { condition: 'service_healthy' },
    });
    expect(migrate?.depends_on).toEqual({ postgres: { condition: 'service_healthy' } });
    expect(proxy?.depends_on).toEqual({ server: { condition: 'service_healthy' } });
  });

  it.each(['server', 'migrate'])('gives settings that are known: %s', (name) => {
    const { environment = {} } = whole.services[name] ?? {};
    const told = Object.entries(environment).map(([key, value]) => [key, String(value)]);
    const settings = parseSettings(Object.fromEntries(told) as Record<string, string>);
    expect(settings.SLIPWAY_DATABASE_URL?.join()).toContain('aSecretOfPOSTGRES_PASSWORD');
  });

  it('has no secret in it, and names those that are missing', async () => {
    for (const name of ['ADMIN_PASSWORD', 'POSTGRES_PASSWORD', 'S3_SECRET_KEY']) {
      const without = (await example()).replace(new RegExp(`^${name}=.*$`, 'm'), '');
      const { code, printed } = await config(without);
      expect(code).not.toBe(0);
      expect(printed).toContain(name);
    }
  });

  it('uses every variable of the example', async () => {
    const text = await readFile(join(root, 'docker-compose.yml'), 'utf8');
    const names = [...(await example()).matchAll(/^#?(\w+)=/gm)].map(([, name]) => name ?? '');
    expect(names).toContain('REGISTRY_HOST');
    for (const name of names) expect(text).toContain(`\${${name}`);
  });

  it.each(['', 'tls internal'])('has a proxy that Caddy understands: "%s"', async (tls) => {
    const caddy = client('caddy', join(folder.path, 'home'), {
      REGISTRY_HOST: 'registry.example.org',
      CADDY_TLS: tls,
    });
    const { stdout } = await caddy.run([
      ...['adapt', '--adapter', 'caddyfile', '--validate'],
      ...['--config', join(folder.path, 'deploy/Caddyfile')],
    ]);
    expect(stdout).toContain('registry.example.org');
    expect(stdout.includes('"internal"')).toBe(tls !== '');
  });
});
