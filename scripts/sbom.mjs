/**
 * Prints what a folder with a `node_modules` is made of, and the Node that runs this: a software bill of materials in
 * CycloneDX. Read from what lies there and not from the lockfile, which names packages of other platforms too.
 */
import { existsSync, readdirSync, readFileSync, realpathSync } from 'node:fs';
import { join } from 'node:path';

const [folder] = process.argv.slice(2);
if (folder === undefined) {
  console.error('usage: node scripts/sbom.mjs <folder>');
  process.exit(2);
}

const { name, version } = packageIn(folder);
const components = new Map();
visit(folder);
const node = process.versions.node;
const all = [
  ...components.values(),
  { type: 'platform', 'bom-ref': `pkg:generic/node@${node}`, name: 'node', version: node },
];
console.log(
  JSON.stringify(
    {
      bomFormat: 'CycloneDX',
      specVersion: '1.6',
      version: 1,
      metadata: { component: { type: 'application', name, version } },
      components: all.sort((one, other) => (one['bom-ref'] < other['bom-ref'] ? -1 : 1)),
    },
    undefined,
    2,
  ),
);

/** Every package below the folder's `node_modules`, and below theirs. */
function visit(place) {
  const packages = join(place, 'node_modules');
  if (!existsSync(packages)) return;
  for (const each of namesIn(packages)) {
    const path = realpathSync(join(packages, each));
    if (!existsSync(join(path, 'package.json'))) continue;
    const component = componentOf(packageIn(path));
    components.set(component['bom-ref'], component);
    visit(path);
  }
}

function namesIn(packages) {
  return readdirSync(packages)
    .filter((entry) => !entry.startsWith('.'))
    .flatMap((entry) =>
      entry.startsWith('@')
        ? readdirSync(join(packages, entry)).map((each) => join(entry, each))
        : [entry],
    );
}

function componentOf({ name, version, license }) {
  const purl = `pkg:npm/${name.replace('@', '%40')}@${version}`;
  return {
    type: 'library',
    'bom-ref': purl,
    name,
    version,
    purl,
    ...(typeof license === 'string' && { licenses: [{ expression: license }] }),
  };
}

function packageIn(place) {
  return JSON.parse(readFileSync(join(place, 'package.json'), 'utf8'));
}
