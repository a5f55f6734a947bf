/**
 * JSON schemas of Kubernetes' kinds, and of the two of others that the chart makes, for kubeconform: a file `<kind>_<version>.json`
 * each, in small letters. Made of what the Go modules of their projects hold. What a schema does not know, it refuses.
 */
import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

const KUBERNETES = 'k8s.io/kubernetes@v1.37.0';

const CUSTOM = [
  {
    module: 'sigs.k8s.io/gateway-api@v1.6.3',
    file: 'config/crd/standard/gateway.networking.k8s.io_httproutes.yaml',
  },
  {
    module: 'github.com/prometheus-operator/prometheus-operator@v0.85.0',
    file: 'example/prometheus-operator-crd/monitoring.coreos.com_servicemonitors.yaml',
  },
];

/** What the schemas are made of, in a word that changes with it. */
export const schemaSources = [KUBERNETES, ...CUSTOM.map(({ module }) => module)].join(' ');

export async function writeSchemas(folder) {
  // Only here, so that who merely asks for the list needs no package.
  const { parse } = await import('yaml');
  rmSync(folder, { recursive: true, force: true });
  mkdirSync(folder, { recursive: true });
  const write = (kind, version, schema) => {
    writeFileSync(join(folder, `${kind}_${version}.json`.toLowerCase()), JSON.stringify(schema));
  };
  const openApi = join(folderOf(KUBERNETES), 'api', 'openapi-spec', 'swagger.json');
  const { definitions } = JSON.parse(readFileSync(openApi, 'utf8'));
  for (const [name, definition] of Object.entries(definitions)) {
    // What has several, as the options of a deletion, is no object that is applied.
    const [{ kind, version } = {}, ...more] = definition['x-kubernetes-group-version-kind'] ?? [];
    if (kind === undefined || more.length > 0 || kind.endsWith('List')) continue;
    write(kind, version, kubernetesSchema(name, definitions));
  }
  for (const { module, file } of CUSTOM) {
    const { spec } = parse(readFileSync(join(folderOf(module), file), 'utf8'));
    for (const { name, schema } of spec.versions) {
      write(spec.names.kind, name, strict(schema.openAPIV3Schema));
    }
  }
}

/** With all that it refers to, so that the file stands alone. */
function kubernetesSchema(name, all) {
  const used = new Set([name]);
  for (const each of used) {
    for (const [, other] of JSON.stringify(all[each]).matchAll(/"#\/definitions\/([^"]+)"/g)) {
      used.add(other);
    }
  }
  const definitions = Object.fromEntries(
    [...used].map((each) => [each, SCALARS[each] ?? strict(all[each])]),
  );
  return { $ref: `#/definitions/${name}`, definitions };
}

/** What the OpenAPI calls a string, though numbers are taken too. */
const SCALARS = {
  'io.k8s.apimachinery.pkg.util.intstr.IntOrString': { type: ['string', 'integer'] },
  'io.k8s.apimachinery.pkg.api.resource.Quantity': { type: ['string', 'number'] },
};

/** An object that names its properties has no others. */
function strict(schema) {
  if (Array.isArray(schema)) return schema.map(strict);
  if (typeof schema !== 'object' || schema === null) return schema;
  const parts = Object.fromEntries(
    Object.entries(schema).map(([key, value]) => [
      key,
      key === 'properties'
        ? Object.fromEntries(Object.entries(value).map(([name, each]) => [name, strict(each)]))
        : strict(value),
    ]),
  );
  const closed =
    parts.properties !== undefined &&
    parts.type === 'object' &&
    parts.additionalProperties === undefined &&
    parts['x-kubernetes-preserve-unknown-fields'] !== true;
  return closed ? { ...parts, additionalProperties: false } : parts;
}

/** Fetched by Go, which proves what comes by its checksum. */
function folderOf(module) {
  const place = mkdtempSync(join(tmpdir(), 'slipway-schemas-'));
  try {
    execFileSync('go', ['mod', 'init', 'schemas'], { cwd: place, stdio: 'ignore' });
    const found = execFileSync('go', ['mod', 'download', '-json', module], {
      cwd: place,
      encoding: 'utf8',
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    return JSON.parse(found).Dir;
  } finally {
    rmSync(place, { recursive: true, force: true });
  }
}
