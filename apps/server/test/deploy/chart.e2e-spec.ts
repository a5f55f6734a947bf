import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { format, resolveConfig } from 'prettier';
import { parseAllDocuments } from 'yaml';
import { withValues } from '../../../../scripts/chart-readme.mjs';
import { findTool } from '../../../../scripts/host-tools.mjs';
import { parseSettings } from '../../src/settings.ts';
import { client, type Client } from '../client.ts';
import { describeWith } from '../needs.ts';
import { tempFolder, type TempFolder } from '../temp-folder.ts';

const chart = fileURLToPath(new URL('../../../../helm/slipway', import.meta.url));
const valuesOf = (name: string) => join(chart, 'ci', `${name}-values.yaml`);
const KINDS = ['minimal', 'disk', 'everything'];

interface Variable {
  readonly name: string;
  readonly value?: string;
}

/** Of a manifest, what is asked about here. */
interface Manifest {
  readonly kind: string;
  readonly spec: {
    readonly template: {
      readonly spec: {
        readonly enableServiceLinks: boolean;
        readonly containers: readonly { readonly env: readonly Variable[] }[];
      };
    };
  };
}

describe('the chart', () => {
  it('has a README that says what its values say', async () => {
    const file = join(chart, 'README.md');
    const readme = await readFile(file, 'utf8');
    const made = withValues(readme, await readFile(join(chart, 'values.yaml'), 'utf8'));
    const options = { ...(await resolveConfig(file)), filepath: file };
    expect(await format(made, options)).toBe(readme);
  });
});

describeWith({ tools: ['helm', 'kubeconform', 'kubernetes-schemas'] }, 'the chart in helm', () => {
  let folder: TempFolder;
  let helm: Client;

  beforeAll(async () => {
    folder = await tempFolder('chart');
    helm = client('helm', folder.path);
  });
  afterAll(async () => folder.remove());

  const rendered = async (values: string, more: readonly string[] = []) => {
    const version = ['--kube-version', '1.34.0'];
    return helm.attempt(['template', 'mine', chart, ...version, '--values', values, ...more]);
  };

  const manifests = async (name: string) =>
    parseAllDocuments((await rendered(valuesOf(name))).stdout).map(
      (document) => document.toJS() as Manifest,
    );

  const validity = async (input: string) => {
    const schemas = findTool('kubernetes-schemas') ?? '';
    const place = `${schemas}/{{ .ResourceKind }}_{{ .ResourceAPIVersion }}.json`;
    const kubeconform = client('kubeconform', folder.path);
    return kubeconform.attempt(['-strict', '-summary', '-schema-location', place, '-'], { input });
  };

  it.each(KINDS)('has nothing that lint finds fault with: %s', async (name) => {
    await helm.run(['lint', '--strict', chart, '--values', valuesOf(name)]);
  });

  it.each(KINDS)('is the manifests that were looked at: %s', async (name) => {
    expect((await rendered(valuesOf(name))).stdout).toMatchSnapshot();
  });

  it.each(KINDS)('is what Kubernetes takes: %s', async (name) => {
    const { stdout } = await rendered(valuesOf(name));
    const { code, printed } = await validity(stdout);
    expect({ code, printed }).toMatchObject({ code: 0 });
    expect(printed).toMatch(/Valid: [1-9]\d*, Invalid: 0, Errors: 0, Skipped: 0/);
  });

  it('is judged by schemas that refuse what Kubernetes does not know', async () => {
    const { stdout } = await rendered(valuesOf('minimal'));
    const wrong = stdout.replace('maxSurge: 1', 'maxSurges: 1');
    expect((await validity(wrong)).printed).toMatch(/maxSurges/);
  });

  it.each(KINDS)('gives the servers settings that they know: %s', async (name) => {
    const pods = (await manifests(name))
      .filter(({ kind }) => ['Deployment', 'Job'].includes(kind))
      .map(({ spec }) => spec.template.spec);
    expect(pods.length).toBeGreaterThan(0);
    for (const { containers, enableServiceLinks } of pods) {
      const env = containers.flatMap((container) => container.env);
      const told = env.map(({ name, value }) => [name, value ?? secrets[name]] as const);
      expect(() => parseSettings(Object.fromEntries(told))).not.toThrow();
      // Else Kubernetes adds variables that look like settings.
      expect(enableServiceLinks).toBe(false);
    }
  });

  it('names everything that is missing', async () => {
    const none = join(folder.path, 'none.yaml');
    await writeFile(none, '{}');
    const { code, printed } = await rendered(none);
    expect(code).not.toBe(0);
    for (const value of [
      '/publicUrl',
      '/image/repository',
      '/database/existingSecret',
      '/bucket',
    ]) {
      expect(printed).toContain(value);
    }
  });

  it('names a value that it does not know', async () => {
    const { printed } = await rendered(valuesOf('minimal'), ['--set', 'replica=3']);
    expect(printed).toContain("additional properties 'replica' not allowed");
  });
});

/** What stands in the secrets that the chart names. */
const secrets: Readonly<Record<string, string>> = {
  SLIPWAY_DATABASE_URL: 'postgres://slipway:secret@postgres/slipway',
  SLIPWAY_ADMIN_PASSWORD: 'a long password',
  SLIPWAY_S3_ACCESS_KEY_ID: 'key',
  SLIPWAY_S3_SECRET_ACCESS_KEY: 'secret',
  SLIPWAY_SMTP_URL: 'smtp://mail.example.org',
};
