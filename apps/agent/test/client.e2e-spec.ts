import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import {
  parseImageName,
  pushBlob,
  pushManifest,
  readBlob,
  RemoteRegistry,
  resolveDigest,
  resolveImage,
} from '@slipway/client';
import { type Digest, parseDigest, parseManifest, parseRepositoryName } from '@slipway/oci';
import { multiLayerImage, multiPlatformIndex } from '../../server/test/images.ts';
import { blobPath } from '../../server/test/oci-layout.ts';
import { suiteRegistry } from '../../server/test/suite-registry.ts';

const repositoryNamed = (text: string) => {
  const name = parseRepositoryName(text);
  if (name === undefined) throw new Error(text);
  return name;
};
const digestIn = (text: string): Digest => {
  const digest = parseDigest(text);
  if (digest === undefined) throw new Error(text);
  return digest;
};
const amd64 = { os: 'linux', architecture: 'amd64' };

describe('@slipway/client and the registry', () => {
  const registry = suiteRegistry();

  const remote = () => {
    const { host, username, password } = registry;
    return new RemoteRegistry(host, { credentials: { username, password } });
  };
  const nameOf = (text: string) => {
    const parsed = parseImageName(`${registry.host}/${text}`);
    if ('problem' in parsed) throw new Error(parsed.problem);
    return parsed.name;
  };

  it('reads an image by tag, by digest and by platform, and every byte of its layers', async () => {
    const image = await multiLayerImage(registry.folder);
    await registry.push(image, 'client/one', '1');
    await registry.push(await multiPlatformIndex(registry.folder), 'client/many', '1');
    expect(await resolveDigest(remote(), nameOf('client/one:1'))).toBe(image.digest);
    const found = await resolveImage(remote(), nameOf(`client/one@${image.digest}`), amd64);
    expect(found.layers).toHaveLength(3);
    for (const { descriptor } of found.layers) {
      const hash = createHash('sha256');
      for await (const piece of readBlob(remote(), repositoryNamed('client/one'), descriptor)) {
        hash.update(piece);
      }
      expect(`sha256:${hash.digest('hex')}`).toBe(descriptor.digest);
    }
    const many = nameOf('client/many:1');
    const arm = await resolveImage(remote(), many, { os: 'linux', architecture: 'arm64' });
    const amd = await resolveImage(remote(), many, amd64);
    expect(arm.target).toBe(amd.target);
    expect(arm.digest).not.toBe(amd.digest);
  });

  it('pushes what another client then pulls, and sends nothing twice', async () => {
    const image = await multiLayerImage(registry.folder, 'pushed');
    const bytes = await readFile(blobPath(image.folder, image.digest));
    const parsed = parseManifest(bytes, image.mediaType);
    if ('problem' in parsed) throw new Error(parsed.problem);
    const { config, layers } = parsed.manifest;
    const blobs = [...(config === undefined ? [] : [config]), ...layers];
    const push = async (to: string, from?: string) => {
      const results = [];
      for (const blob of blobs) {
        const open = async function* (start: number) {
          yield (await readFile(blobPath(image.folder, blob.digest))).subarray(start);
        };
        const options = from === undefined ? {} : { from: repositoryNamed(from) };
        results.push(await pushBlob(remote(), repositoryNamed(to), blob, open, options));
      }
      const content = { bytes, mediaType: image.mediaType, digest: digestIn(image.digest) };
      await pushManifest(remote(), repositoryNamed(to), '1', content);
      return new Set(results);
    };
    expect(await push('client/pushed')).toEqual(new Set(['uploaded']));
    expect(await push('client/pushed')).toEqual(new Set(['present']));
    expect(await push('client/mounted', 'client/pushed')).toEqual(new Set(['mounted']));
    for (const repository of ['client/pushed', 'client/mounted']) {
      const content = await registry.content(repository, '1');
      expect(content.sort()).toEqual([...image.content].sort());
    }
  });

  it('is told what it may not do and what is not there', async () => {
    const stranger = new RemoteRegistry(registry.host);
    await expect(resolveImage(stranger, nameOf('client/one:1'), amd64)).rejects.toMatchObject({
      reason: 'unauthorized',
    });
    const wrong = { credentials: { username: 'admin', password: 'wrong' } };
    await expect(new RemoteRegistry(registry.host, wrong).check()).rejects.toMatchObject({
      reason: 'unauthorized',
    });
    await expect(resolveImage(remote(), nameOf('client/one:none'), amd64)).rejects.toMatchObject({
      reason: 'not-found',
    });
  });
});
