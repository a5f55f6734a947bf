import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { client, type Client } from './client.ts';
import {
  artifactAbout,
  artifactType,
  dockerImages,
  multiLayerImage,
  ociImages,
  unusualIndexes,
} from './images.ts';
import { contentOfLayout } from './oci-layout.ts';
import { describeWith } from './needs.ts';
import { suiteRegistry } from './suite-registry.ts';
import { mountedBlobs, uploadedBlobs } from './wiretap.ts';

const limit = 60_000;

describeWith({ tools: ['oras'] }, 'oras', () => {
  const registry = suiteRegistry();
  let oras: Client;

  const orasOf = (user: string) =>
    client('oras', registry.folder, { DOCKER_CONFIG: join(registry.folder, user) });
  const loginWith = (password: string) => [
    ...['login', '--plain-http', registry.host],
    ...['--username', registry.username, '--password', password],
  ];
  const remote = (name: string) => `${registry.host}/${name}`;
  const pushLayout = (folder: string, name: string) =>
    oras.run(['cp', '--to-plain-http', '--from-oci-layout', `${folder}:latest`, remote(name)]);
  const pullLayout = (name: string, folder: string) =>
    oras.run(['cp', '--from-plain-http', remote(name), '--to-oci-layout', `${folder}:latest`]);

  beforeAll(async () => {
    oras = orasOf('admin');
    await oras.run(loginWith(registry.password));
  }, limit);

  it(
    'is told that the password is wrong',
    async () => {
      const refused = await orasOf('stranger').attempt(loginWith('wrong'));
      expect(refused.code).not.toBe(0);
      expect(refused.printed).toMatch(/unauthorized|401/i);
    },
    limit,
  );

  it(
    'reads nothing before it logs in',
    async () => {
      await registry.push(await multiLayerImage(registry.folder), 'oras/private');
      const refused = await orasOf('nobody').attempt([
        ...['resolve', '--plain-http', remote('oras/private:latest')],
      ]);
      expect(refused.code).not.toBe(0);
      expect(refused.printed).toMatch(/unauthorized|401|credential/i);
    },
    limit,
  );

  it.each(Object.entries({ ...ociImages, ...unusualIndexes, ...dockerImages }))(
    'pushes and pulls %s without changing a byte',
    async (_, make) => {
      const image = await make(registry.folder);
      const name = `oras/${image.name}:latest`;
      await pushLayout(image.folder, name);
      expect(await registry.content(`oras/${image.name}`, 'latest')).toEqual(image.content);

      const copy = join(registry.folder, `oras-${image.name}`);
      await pullLayout(name, copy);
      expect(await contentOfLayout(copy)).toEqual(image.content);
    },
    limit,
  );

  it(
    'pushes files as an artifact and pulls them as they were',
    async () => {
      const here = join(registry.folder, 'files');
      const there = join(registry.folder, 'files-back');
      await mkdir(here);
      await writeFile(join(here, 'a.txt'), 'one file\n');
      await writeFile(join(here, 'b.json'), '{"another":"file"}');
      const files = ['a.txt:text/plain', 'b.json:application/json'];
      const push = ['push', '--plain-http', '--artifact-type', artifactType];
      await oras.run([...push, remote('oras/files:1'), ...files], { cwd: here });
      await oras.run(['pull', '--plain-http', remote('oras/files:1'), '--output', there]);
      for (const file of ['a.txt', 'b.json']) {
        expect(await readFile(join(there, file))).toEqual(await readFile(join(here, file)));
      }
    },
    limit,
  );

  it(
    'uploads no layer a second time',
    async () => {
      const image = await multiLayerImage(registry.folder, 'twice');
      const push = (name: string) => pushLayout(image.folder, name);
      expect(uploadedBlobs(await registry.during(() => push('oras/twice:1')))).not.toEqual([]);
      expect(uploadedBlobs(await registry.during(() => push('oras/twice:2')))).toEqual([]);
    },
    limit,
  );

  it(
    'mounts layers from another repository instead of uploading them',
    async () => {
      const image = await multiLayerImage(registry.folder, 'mounted');
      await registry.push(image, 'oras/source');
      const requests = await registry.during(() =>
        oras.run([
          ...['cp', '--from-plain-http', '--to-plain-http'],
          ...[remote('oras/source:latest'), remote('oras/target:latest')],
        ]),
      );
      expect(mountedBlobs(requests)).toEqual(expect.arrayContaining([...image.layers]));
      expect(uploadedBlobs(requests)).toEqual([]);
      expect(await registry.content('oras/target', 'latest')).toEqual(image.content);
    },
    limit,
  );

  it(
    'attaches artifacts, discovers them by type, and writes no fallback tag',
    async () => {
      const subject = await multiLayerImage(registry.folder, 'subject');
      await registry.push(subject, 'oras/subject');
      const artifact = await artifactAbout(registry.folder, subject);
      await registry.push(artifact, 'oras/subject', artifact.digest);
      const note = join(registry.folder, 'note.txt');
      await writeFile(note, 'looks good');
      await oras.run([
        ...['attach', '--plain-http', '--artifact-type', 'application/vnd.example.note'],
        ...['--annotation', 'by=a reader', remote('oras/subject:latest'), 'note.txt:text/plain'],
      ]);

      const discover = async (...filter: string[]) => {
        const { stdout } = await oras.run([
          ...['discover', '--plain-http', '--format', 'json', ...filter],
          remote('oras/subject:latest'),
        ]);
        const { referrers } = JSON.parse(stdout) as { referrers: { artifactType: string }[] };
        return referrers.map((referrer) => referrer.artifactType).sort();
      };
      expect(await discover()).toEqual(['application/vnd.example.note', artifactType]);
      expect(await discover('--artifact-type', artifactType)).toEqual([artifactType]);
      expect(await registry.tags('oras/subject')).toEqual(['latest']);
    },
    limit,
  );

  it(
    'copies an image with all that refers to it',
    async () => {
      const subject = await multiLayerImage(registry.folder, 'graph');
      await registry.push(subject, 'oras/graph');
      const artifact = await artifactAbout(registry.folder, subject);
      await registry.push(artifact, 'oras/graph', artifact.digest);
      await oras.run([
        ...['cp', '--recursive', '--from-plain-http', '--to-plain-http'],
        ...[remote('oras/graph:latest'), remote('oras/graph-copy:latest')],
      ]);
      const referrers = await registry.referrers('oras/graph-copy', subject.digest);
      expect(referrers.map(({ digest }) => digest)).toEqual([artifact.digest]);
    },
    limit,
  );

  it(
    'lists repositories and tags, and deletes a manifest and a blob',
    async () => {
      const image = await multiLayerImage(registry.folder, 'listed');
      for (const tag of ['2', '10', '1']) await pushLayout(image.folder, `oras/listed:${tag}`);
      const lines = async (...args: string[]) =>
        (await oras.run([...args])).stdout.split('\n').filter(Boolean);
      expect(await lines('repo', 'ls', '--plain-http', registry.host)).toContain('oras/listed');
      const tags = ['repo', 'tags', '--plain-http', remote('oras/listed')];
      expect(await lines(...tags)).toEqual(['1', '10', '2']);

      const name = remote(`oras/listed@${image.digest}`);
      await oras.run(['manifest', 'delete', '--plain-http', '--force', name]);
      expect(await lines(...tags)).toEqual([]);
      const blob = remote(`oras/listed@${image.config}`);
      await oras.run(['blob', 'delete', '--plain-http', '--force', blob]);
      const gone = await oras.attempt(['blob', 'fetch', '--plain-http', '--descriptor', blob]);
      expect(gone.printed).toMatch(/not found/i);
    },
    limit,
  );
});
