import { createReadStream } from 'node:fs';
import { mkdir, readFile } from 'node:fs/promises';
import { once } from 'node:events';
import type { IncomingMessage, OutgoingHttpHeaders } from 'node:http';
import https from 'node:https';
import { join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { selfSigned, type Certificate } from '../certificate.ts';
import { containersClient } from '../containers-client.ts';
import { freePort } from '../free-port.ts';
import { hugeLayerImage, type Image } from '../images.ts';
import { describeWith } from '../needs.ts';
import { blobPath, contentOfLayout } from '../oci-layout.ts';
import { registryAt } from '../registry.ts';
import { startSlipway, type Slipway } from '../slipway.ts';
import { startLimit } from '../suite-registry.ts';
import { tempFolder, type TempFolder } from '../temp-folder.ts';
import { startNginx, type Nginx } from './nginx.ts';

const limit = 180_000;
const LAYER = 300 * 1024 * 1024;

describeWith({ tools: ['nginx', 'openssl', 'skopeo'] }, 'behind nginx', () => {
  let folder: TempFolder;
  let tls: Certificate;
  let slipway: Slipway;
  let nginx: Nginx;
  let image: Image;
  let url: string;

  beforeAll(async () => {
    folder = await tempFolder('nginx');
    tls = await selfSigned(folder.path);
    image = await hugeLayerImage(folder.path, LAYER);
    const port = await freePort();
    url = `https://127.0.0.1:${port}`;
    slipway = await startSlipway({
      env: { SLIPWAY_PUBLIC_URL: url, SLIPWAY_TRUSTED_PROXIES: '127.0.0.1' },
    });
    const place = join(folder.path, 'nginx');
    await mkdir(place, { mode: 0o755 });
    nginx = await startNginx(place, port, slipway.host, tls);
  }, startLimit);

  afterAll(async () => {
    await nginx.stop();
    await slipway.stop();
    await folder.remove();
  }, startLimit);

  it(
    'a layer of 300 MB is pushed in chunks of no told length, and pulled',
    async () => {
      const host = url.replace('https://', '');
      const skopeo = await containersClient('skopeo', { folder: folder.path, host });
      const account = ['--username', slipway.username, '--password', slipway.password];
      await skopeo.run(['login', '--tls-verify=false', ...account, host]);
      const remote = `docker://${host}/behind/skopeo`;
      await skopeo.run(['copy', `oci:${image.folder}:latest`, remote]);

      const copy = join(folder.path, 'copy');
      await skopeo.run(['copy', remote, `oci:${copy}:latest`]);
      expect(await contentOfLayout(copy)).toEqual(image.content);
    },
    limit,
  );

  it(
    'it is pushed in one piece, to a Location that is relative',
    async () => {
      const registry = registryAt(slipway.url, slipway.username, slipway.password);
      const [digest = ''] = image.layers;
      const opened = await ask('POST', '/v2/behind/monolithic/blobs/uploads/', account());
      expect(opened).toMatchObject({
        status: 202,
        location: expect.stringMatching(/^\/v2\/behind\/monolithic\/blobs\/uploads\//) as string,
      });
      const upload = new URL(opened.location, url);
      upload.searchParams.set('digest', digest);
      const closed = await ask(
        'PUT',
        upload.pathname + upload.search,
        { ...account(), 'content-length': sizeOf(image, digest) },
        blobPath(image.folder, digest),
      );
      expect(closed).toMatchObject({
        status: 201,
        location: `/v2/behind/monolithic/blobs/${digest}`,
      });
      const stored = await registry.fetch(`/v2/behind/monolithic/blobs/${digest}`, {
        method: 'HEAD',
      });
      expect(stored.headers.get('content-length')).toBe(String(sizeOf(image, digest)));
    },
    limit,
  );

  it('clients are sent to where they came from for a token', async () => {
    const { challenge } = await ask('GET', '/v2/', {});
    expect(challenge).toContain(`realm="${url}/token"`);
  });

  it('nothing of it was kept on the disk of nginx', async () => {
    expect(await nginx.faults()).toBe('');
  });

  const account = () => ({
    authorization: `Basic ${Buffer.from(`${slipway.username}:${slipway.password}`).toString('base64')}`,
  });

  /** Through nginx, whose certificate is verified; what the file holds is streamed. */
  async function ask(method: string, path: string, headers: OutgoingHttpHeaders, file?: string) {
    const request = https.request(new URL(path, url), {
      method,
      ca: await readFile(tls.certificate),
      agent: false,
      headers,
    });
    const answered = once(request, 'response') as Promise<[IncomingMessage]>;
    if (file === undefined) request.end();
    else await pipeline(createReadStream(file), request);
    const [response] = await answered;
    response.resume();
    const { location = '', 'www-authenticate': challenge } = response.headers;
    return { status: response.statusCode, location, challenge };
  }
});

/** Of a blob, as the image's content tells it. */
function sizeOf(image: Image, digest: string): number {
  const line = image.content.find((each) => each.startsWith(digest)) ?? '';
  return Number(line.split(' ')[1]);
}
