import { join } from 'node:path';
import { client, type Client } from './client.ts';
import {
  artifactAbout,
  dockerImages,
  hugeLayerImage,
  multiLayerImage,
  nestedIndex,
  ociImages,
} from './images.ts';
import { contentOfLayout } from './oci-layout.ts';
import { describeWith } from './needs.ts';
import { suiteRegistry } from './suite-registry.ts';
import { mountedBlobs, uploadedBlobs } from './wiretap.ts';

const limit = 60_000;
const twoGiB = 2 ** 31;

describeWith({ tools: ['crane'] }, 'crane', () => {
  const registry = suiteRegistry();
  let crane: Client;

  const craneOf = (user: string) =>
    client('crane', registry.folder, { DOCKER_CONFIG: join(registry.folder, user) });
  const loginWith = (password: string) => [
    ...['auth', 'login', registry.host],
    ...['--username', registry.username, '--password', password],
  ];
  const remote = (name: string) => `${registry.host}/${name}`;

  beforeAll(async () => {
    crane = craneOf('admin');
    await crane.run(loginWith(registry.password));
  }, limit);

  it(
    'is told that the password is wrong',
    async () => {
      const stranger = craneOf('stranger');
      // `auth login` stores what it is given; the registry answers the first use.
      await stranger.attempt(loginWith('wrong'));
      const refused = await stranger.attempt(['ls', remote('crane/private')]);
      expect(refused.code).not.toBe(0);
      expect(refused.printed).toMatch(/unauthorized/i);
    },
    limit,
  );

  it(
    'reads nothing before it logs in',
    async () => {
      await registry.push(await multiLayerImage(registry.folder), 'crane/private');
      const refused = await craneOf('nobody').attempt(['digest', remote('crane/private')]);
      expect(refused.code).not.toBe(0);
      expect(refused.printed).toMatch(/unauthorized/i);
    },
    limit,
  );

  it.each(
    Object.entries({ ...ociImages, 'an index within an index': nestedIndex, ...dockerImages }),
  )(
    'pushes and pulls %s without changing a byte',
    async (_, make) => {
      const image = await make(registry.folder);
      const repository = `crane/${image.name}`;
      await crane.run(['push', image.folder, remote(repository)]);
      expect(await registry.content(repository, 'latest')).toEqual(image.content);

      const copy = join(registry.folder, `crane-${image.name}`);
      await crane.run(['pull', '--format=oci', remote(repository), copy]);
      expect(await contentOfLayout(copy)).toEqual(image.content);
    },
    limit,
  );

  it(
    'pushes and pulls a layer of 2 GiB without changing a byte',
    async () => {
      const image = await hugeLayerImage(registry.folder, twoGiB);
      await crane.run(['push', image.folder, remote('crane/huge')]);
      const copy = join(registry.folder, 'crane-huge');
      await crane.run(['pull', '--format=oci', remote('crane/huge'), copy]);
      expect(await contentOfLayout(copy)).toEqual(image.content);
    },
    6 * limit,
  );

  it(
    'uploads no layer a second time',
    async () => {
      const image = await multiLayerImage(registry.folder, 'twice');
      const push = (name: string) => crane.run(['push', image.folder, remote(name)]);
      expect(uploadedBlobs(await registry.during(() => push('crane/twice:1')))).not.toEqual([]);
      expect(uploadedBlobs(await registry.during(() => push('crane/twice:2')))).toEqual([]);
    },
    limit,
  );

  it(
    'mounts layers from another repository instead of uploading them',
    async () => {
      const image = await multiLayerImage(registry.folder, 'mounted');
      await registry.push(image, 'crane/source');
      const requests = await registry.during(() =>
        crane.run(['copy', remote('crane/source'), remote('crane/target')]),
      );
      expect(mountedBlobs(requests)).toEqual(expect.arrayContaining([...image.layers]));
      expect(uploadedBlobs(requests)).toEqual([]);
      expect(await registry.content('crane/target', 'latest')).toEqual(image.content);
    },
    limit,
  );

  it(
    'probes a subject and pushes what refers to it, which the registry then lists',
    async () => {
      const subject = await multiLayerImage(registry.folder, 'subject');
      await crane.run(['push', subject.folder, remote('crane/subject')]);
      const artifact = await artifactAbout(registry.folder, subject);
      await crane.run(['push', artifact.folder, remote('crane/subject:review')]);
      const referrers = await registry.referrers('crane/subject', subject.digest);
      expect(referrers.map(({ digest }) => digest)).toEqual([artifact.digest]);
      expect(await registry.tags('crane/subject')).toEqual(['latest', 'review']);
    },
    limit,
  );

  it(
    'tags, lists, and deletes by digest',
    async () => {
      const image = await multiLayerImage(registry.folder, 'listed');
      await crane.run(['push', image.folder, remote('crane/listed:1.0')]);
      await crane.run(['tag', remote('crane/listed:1.0'), '1']);
      const { stdout } = await crane.run(['ls', remote('crane/listed')]);
      expect(stdout.split('\n').filter(Boolean)).toEqual(['1', '1.0']);
      const digest = await crane.run(['digest', remote('crane/listed:1')]);
      expect(digest.stdout.trim()).toBe(image.digest);

      await crane.run(['delete', remote(`crane/listed@${image.digest}`)]);
      expect((await crane.run(['ls', remote('crane/listed')])).stdout.trim()).toBe('');
      const gone = await crane.attempt(['digest', remote('crane/listed:1')]);
      expect(gone.printed).toMatch(/MANIFEST_UNKNOWN|404/);
    },
    limit,
  );

  it(
    'lists the repositories of the registry',
    async () => {
      await registry.push(await multiLayerImage(registry.folder), 'crane/in-the-catalog');
      const { stdout } = await crane.run(['catalog', registry.host]);
      expect(stdout.split('\n')).toContain('crane/in-the-catalog');
    },
    limit,
  );

  it(
    'finds every layer of a pushed image whole',
    async () => {
      await registry.push(await multiLayerImage(registry.folder, 'validated'), 'crane/validated');
      const { printed } = await crane.run(['validate', '--remote', remote('crane/validated')]);
      expect(printed).toMatch(/PASS/);
    },
    limit,
  );
});
