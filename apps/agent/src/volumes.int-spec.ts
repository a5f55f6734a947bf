import {
  chmod,
  mkdir,
  mkdtemp,
  readdir,
  readFile,
  rm,
  stat,
  symlink,
  writeFile,
} from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Volumes } from './volumes.ts';

describe('volumes', () => {
  let root = '';
  let rootfs = '';

  beforeEach(async () => {
    root = await mkdtemp(join(tmpdir(), 'slipway-test-volumes-'));
    rootfs = join(root, 'rootfs');
    await mkdir(join(rootfs, 'srv/data'), { recursive: true });
    await writeFile(join(rootfs, 'srv/data/file'), 'of the image');
    await symlink('/etc/passwd', join(rootfs, 'srv/data/link'));
    await chmod(join(rootfs, 'srv/data'), 0o2770);
    await symlink('/srv/data', join(rootfs, 'data'));
  });

  afterEach(async () => rm(root, { recursive: true, force: true }));

  it('are filled with what the image has there, at the first use alone', async () => {
    const volumes = await Volumes.open(root);
    const data = await volumes.use('one', { rootfs, destination: '/data' });
    expect((await readdir(data)).sort()).toEqual(['file', 'link']);
    expect((await stat(data)).mode & 0o7777).toBe(0o2770);
    await rm(join(data, 'file'));
    await rm(join(data, 'link'));
    await (await Volumes.open(root)).use('one', { rootfs, destination: '/data' });
    expect(await readdir(data)).toEqual([]);
  });

  it('keep what somebody put there before', async () => {
    const volumes = await Volumes.open(root);
    await volumes.create('mine', { a: 'b' });
    await writeFile(join(volumes.mountpoint('mine'), 'own'), 'x');
    const data = await volumes.use('mine', { rootfs, destination: '/data' });
    expect(await readdir(data)).toEqual(['own']);
    expect(volumes.find('mine')).toMatchObject({ labels: { a: 'b' }, anonymous: false });
  });

  it('are empty where the image has nothing, or only what leads out of it', async () => {
    await symlink('../../../../../../../../etc', join(rootfs, 'out'));
    const volumes = await Volumes.open(root);
    for (const destination of ['/none', '/out', '/srv/data/file']) {
      const { name } = await volumes.create(undefined);
      expect(await readdir(await volumes.use(name, { rootfs, destination }))).toEqual([]);
    }
    expect(volumes.list().every(({ anonymous }) => anonymous)).toBe(true);
  });

  it('are filled once by two who come at once', async () => {
    const volumes = await Volumes.open(root);
    const both = await Promise.all(
      [1, 2].map(() => volumes.use('both', { rootfs, destination: '/srv/data' })),
    );
    expect(both[0]).toBe(both[1]);
    expect(await readFile(join(both[0] ?? '', 'file'), 'utf8')).toBe('of the image');
  });

  it('that a crash left half made or half removed are gone', async () => {
    const volumes = await Volumes.open(root);
    await volumes.create('whole');
    await mkdir(join(root, 'volumes/half/data'), { recursive: true });
    const reopened = await Volumes.open(root);
    expect(reopened.list().map(({ name }) => name)).toEqual(['whole']);
    expect(await readdir(join(root, 'volumes'))).toEqual(['whole']);
    await reopened.remove('whole');
    expect(await readdir(join(root, 'volumes'))).toEqual([]);
    expect(() => reopened.find('whole')).toThrow('there is no volume whole');
  });

  it('have names that are names', async () => {
    const volumes = await Volumes.open(root);
    for (const name of ['..', 'a/b', '.hidden', 'x', '']) {
      await expect(volumes.create(name)).rejects.toThrow(/cannot be a volume's name/);
    }
  });
});
