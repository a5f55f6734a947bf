import { execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdir, symlink, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { freePort } from '../free-port.ts';
import { startSlipway } from '../slipway.ts';
import { tempFolder } from '../temp-folder.ts';

const run = promisify(execFile);
const root = fileURLToPath(new URL('../../../..', import.meta.url));
const limit = 60_000;

/** How `is-ready.js` ends for a server on that port. */
async function health(port: number): Promise<number | null> {
  const program = join(root, 'apps/server/bin/is-ready.js');
  const child = spawn(process.execPath, [program], { env: { SLIPWAY_PORT: String(port) } });
  const [code] = (await once(child, 'exit')) as [number | null];
  return code;
}

it(
  'its health check is well while the server is ready',
  async () => {
    const slipway = await startSlipway();
    expect(await health(slipway.port)).toBe(0);
    await slipway.stop();
    expect(await health(await freePort())).toBe(1);
  },
  limit,
);

it(
  'its list of what is in it names every package that lies there, once, and Node',
  async () => {
    const folder = await tempFolder('sbom');
    const put = async (path: string, manifest: object) => {
      const file = join(folder.path, path, 'package.json');
      await mkdir(dirname(file), { recursive: true });
      await writeFile(file, JSON.stringify(manifest));
    };
    await put('.', { name: 'whole', version: '1.0.0' });
    await put('libs/oci', { name: '@slipway/oci', version: '0.1.0', license: 'Apache-2.0' });
    await put('node_modules/one', { name: 'one', version: '1.2.3', license: 'MIT' });
    await put('node_modules/one/node_modules/two', { name: 'two', version: '2.0.0' });
    await put('node_modules/@some/three', { name: '@some/three', version: '3.0.0' });
    await put('node_modules/@some/three/node_modules/two', { name: 'two', version: '2.0.0' });
    await mkdir(join(folder.path, 'node_modules/@slipway'));
    await symlink('../../libs/oci', join(folder.path, 'node_modules/@slipway/oci'));
    await mkdir(join(folder.path, 'node_modules/.bin'));

    const program = join(root, 'scripts/sbom.mjs');
    const { stdout } = await run(process.execPath, [program, folder.path]);
    await folder.remove();

    const bom = JSON.parse(stdout) as {
      readonly bomFormat: string;
      readonly metadata: object;
      readonly components: readonly { readonly 'bom-ref': string }[];
    };
    expect(bom).toMatchObject({
      bomFormat: 'CycloneDX',
      metadata: { component: { name: 'whole', version: '1.0.0' } },
    });
    expect(bom.components.map((component) => component['bom-ref'])).toEqual([
      `pkg:generic/node@${process.versions.node}`,
      'pkg:npm/%40slipway/oci@0.1.0',
      'pkg:npm/%40some/three@3.0.0',
      'pkg:npm/one@1.2.3',
      'pkg:npm/two@2.0.0',
    ]);
    expect(bom.components[3]).toEqual({
      type: 'library',
      'bom-ref': 'pkg:npm/one@1.2.3',
      name: 'one',
      version: '1.2.3',
      purl: 'pkg:npm/one@1.2.3',
      licenses: [{ expression: 'MIT' }],
    });
  },
  limit,
);
