import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { client, type Client } from './client.ts';
import type { SuiteRegistry } from './suite-registry.ts';

/** skopeo, podman or buildah, with a home of its own and this machine's configuration left out. */
export async function containersClient(
  tool: string,
  registry: Pick<SuiteRegistry, 'folder' | 'host'>,
  user = 'admin',
): Promise<Client> {
  const home = join(registry.folder, `${tool}-of-${user}`);
  const configuration = join(home, '.config/containers');
  await mkdir(configuration, { recursive: true });
  await writeFile(join(configuration, 'policy.json'), acceptAnything);
  await writeFile(
    join(configuration, 'registries.conf'),
    `[[registry]]\nlocation = "${registry.host}"\ninsecure = true\n`,
  );
  await writeFile(
    join(configuration, 'storage.conf'),
    `[storage]\ndriver = "vfs"\ngraphroot = "${home}/images"\nrunroot = "${home}/run"\n`,
  );
  await writeFile(
    join(configuration, 'containers.conf'),
    `[engine]\ncgroup_manager = "cgroupfs"\nevents_logger = "file"\ntmp_dir = "${home}/tmp"\n`,
  );
  const authFile = join(home, 'auth.json');
  await writeFile(authFile, '{}');
  return client(tool, home, {
    CONTAINERS_STORAGE_CONF: join(configuration, 'storage.conf'),
    CONTAINERS_CONF: join(configuration, 'containers.conf'),
    REGISTRY_AUTH_FILE: authFile,
    CONTAINERS_REGISTRIES_CONF: join(configuration, 'registries.conf'),
    XDG_RUNTIME_DIR: home,
  });
}

const acceptAnything = '{"default":[{"type":"insecureAcceptAnything"}]}';
