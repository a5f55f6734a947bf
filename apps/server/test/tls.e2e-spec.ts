import { join } from 'node:path';
import { selfSigned } from './certificate.ts';
import { client } from './client.ts';
import { multiLayerImage } from './images.ts';
import { describeWith } from './needs.ts';
import { contentOfLayout } from './oci-layout.ts';
import { startSlipway, type Slipway } from './slipway.ts';
import { startLimit } from './suite-registry.ts';
import { tempFolder, type TempFolder } from './temp-folder.ts';

const limit = 60_000;

describeWith({ tools: ['openssl', 'crane', 'oras'] }, 'a registry with a certificate', () => {
  let folder: TempFolder | undefined;
  let slipway: Slipway | undefined;
  let certificate: string;

  /** Suites clean up even when they could not start. */
  const running = () => {
    if (folder === undefined || slipway === undefined) throw new Error('the suite did not start');
    return { folder: folder.path, ...slipway };
  };

  beforeAll(async () => {
    folder = await tempFolder('tls');
    const tls = await selfSigned(folder.path);
    certificate = tls.certificate;
    slipway = await startSlipway({ tls });
  }, startLimit);

  afterAll(async () => {
    await slipway?.stop();
    await folder?.remove();
  }, startLimit);

  it(
    'is pushed to and pulled from by a client that trusts it',
    async () => {
      const { folder, host, username, password } = running();
      const crane = client('crane', folder, {
        SSL_CERT_FILE: certificate,
        DOCKER_CONFIG: join(folder, 'crane'),
      });
      const image = await multiLayerImage(folder);
      await crane.run(['auth', 'login', host, '--username', username, '--password', password]);
      await crane.run(['push', image.folder, `${host}/tls/crane`]);
      const copy = join(folder, 'copy');
      await crane.run(['pull', '--format=oci', `${host}/tls/crane`, copy]);
      expect(await contentOfLayout(copy)).toEqual(image.content);
    },
    limit,
  );

  it(
    'is not spoken to by a client that does not trust it',
    async () => {
      const { folder, host, username, password } = running();
      const oras = client('oras', folder, { DOCKER_CONFIG: join(folder, 'oras') });
      const login = ['login', host, '--username', username, '--password', password];
      expect((await oras.attempt(login)).printed).toMatch(/certificate/i);
      await oras.run([...login, '--ca-file', certificate]);
    },
    limit,
  );
});
