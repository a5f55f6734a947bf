import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { client, type Client } from './client.ts';
import { multiLayerImage, multiPlatformIndex, type Image } from './images.ts';
import { describeWith } from './needs.ts';
import { suiteRegistry } from './suite-registry.ts';

const limit = 60_000;

/** With a key pair of its own: nothing is looked up or published anywhere else. */
describeWith({ tools: ['cosign'] }, 'cosign', () => {
  const registry = suiteRegistry();
  let cosign: Client;

  const cosignOf = (user: string) =>
    client('cosign', registry.folder, {
      DOCKER_CONFIG: join(registry.folder, user),
      COSIGN_PASSWORD: 'the password of the key',
    });
  const loginWith = (password: string) => [
    ...['login', registry.host, '--username', registry.username, '--password', password],
  ];
  const nameOf = (image: Image, repository: string) =>
    `${registry.host}/${repository}@${image.digest}`;
  const sign = ['sign', '--key', 'cosign.key', '--tlog-upload=false', '--yes'];
  const verify = ['verify', '--key', 'cosign.pub', '--insecure-ignore-tlog=true'];
  const referrersMode = { env: { COSIGN_EXPERIMENTAL: '1' } };

  beforeAll(async () => {
    cosign = cosignOf('admin');
    await cosign.run(['generate-key-pair']);
    await cosign.run(loginWith(registry.password));
  }, limit);

  it(
    'signs nothing with a wrong password',
    async () => {
      const image = await multiLayerImage(registry.folder, 'not signed');
      await registry.push(image, 'cosign/refused');
      const stranger = cosignOf('stranger');
      await stranger.attempt(loginWith('wrong'));
      const refused = await stranger.attempt([...sign, nameOf(image, 'cosign/refused')]);
      expect(refused.code).not.toBe(0);
      expect(refused.printed).toMatch(/unauthorized/i);
      expect(await registry.tags('cosign/refused')).toEqual(['latest']);
    },
    limit,
  );

  it(
    'signs an image under a tag made of its digest and verifies it',
    async () => {
      const image = await multiLayerImage(registry.folder, 'signed');
      await registry.push(image, 'cosign/signed');
      const unsigned = await cosign.attempt([...verify, nameOf(image, 'cosign/signed')]);
      expect(unsigned.printed).toMatch(/no signatures found/i);

      await cosign.run([...sign, nameOf(image, 'cosign/signed')]);
      expect(await registry.tags('cosign/signed')).toEqual([
        'latest',
        `${image.digest.replace(':', '-')}.sig`,
      ]);
      const { stdout } = await cosign.run([...verify, nameOf(image, 'cosign/signed')]);
      expect(stdout).toContain(image.digest);
    },
    limit,
  );

  it(
    'signs an image with a referrer and verifies it, without any tag',
    async () => {
      const image = await multiLayerImage(registry.folder, 'referred');
      await registry.push(image, 'cosign/referred');
      await cosign.run(
        [...sign, '--registry-referrers-mode=oci-1-1', nameOf(image, 'cosign/referred')],
        referrersMode,
      );
      const referrers = await registry.referrers('cosign/referred', image.digest);
      expect(referrers).toHaveLength(1);
      expect(await registry.tags('cosign/referred')).toEqual(['latest']);
      const { stdout } = await cosign.run(
        [...verify, '--experimental-oci11', nameOf(image, 'cosign/referred')],
        referrersMode,
      );
      expect(stdout).toContain(image.digest);
    },
    limit,
  );

  it(
    'signs every manifest of a multi-platform index',
    async () => {
      const image = await multiPlatformIndex(registry.folder);
      await registry.push(image, 'cosign/index');
      await cosign.run([...sign, '--recursive', nameOf(image, 'cosign/index')]);
      const signatures = (await registry.tags('cosign/index')).filter((tag) =>
        tag.endsWith('.sig'),
      );
      expect(signatures).toHaveLength(4);
    },
    limit,
  );

  it(
    'attests a fact about an image and verifies the attestation',
    async () => {
      const image = await multiLayerImage(registry.folder, 'attested');
      await registry.push(image, 'cosign/attested');
      await writeFile(join(registry.folder, 'fact.json'), '{"built":"by hand"}');
      const name = nameOf(image, 'cosign/attested');
      await cosign.run([
        ...['attest', '--key', 'cosign.key', '--tlog-upload=false', '--yes'],
        ...['--predicate', 'fact.json', '--type', 'https://example.com/built', name],
      ]);
      const { stdout } = await cosign.run([
        ...['verify-attestation', '--key', 'cosign.pub', '--insecure-ignore-tlog=true'],
        ...['--type', 'https://example.com/built', name],
      ]);
      const { payload } = JSON.parse(stdout) as { payload: string };
      expect(Buffer.from(payload, 'base64').toString()).toContain('by hand');
    },
    limit,
  );

  it(
    'stores a signature as a bundle that refers to the image, and verifies it offline',
    async () => {
      const image = await multiLayerImage(registry.folder, 'bundled');
      await registry.push(image, 'cosign/bundled');
      const name = nameOf(image, 'cosign/bundled');
      await cosign.run([...sign, '--new-bundle-format', name]);
      const [bundle] = await registry.referrers('cosign/bundled', image.digest);
      expect(bundle?.artifactType).toMatch(/^application\/vnd\.dev\.sigstore\.bundle/);
      // The key alone is trusted: no authority, no log.
      await cosign.run(['trusted-root', 'create', '--out', 'trusted-root.json']);
      const bundled = ['--new-bundle-format', '--trusted-root', 'trusted-root.json'];
      const { printed } = await cosign.run([...verify, ...bundled, name]);
      expect(printed).toMatch(/verified against the specified public key/i);
    },
    limit,
  );
});
