import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { createAccount, resetPassword } from '@slipway/api';
import { SMTPServer } from 'smtp-server';
import { TestApp } from '../testing/test-app.ts';

interface Received {
  readonly from: string;
  readonly to: readonly string[];
  readonly text: string;
}

let smtp: SMTPServer;
let app: TestApp;
const received: Received[] = [];
beforeAll(async () => {
  smtp = new SMTPServer({
    authOptional: true,
    disabledCommands: ['STARTTLS'],
    onRcptTo: ({ address }, _session, done) => {
      done(address.startsWith('refused') ? new Error('no such mailbox') : null);
    },
    onData: (stream, { envelope }, done) => {
      const pieces: Buffer[] = [];
      stream.on('data', (piece: Buffer) => pieces.push(piece));
      stream.on('end', () => {
        const from = envelope.mailFrom === false ? '' : envelope.mailFrom.address;
        const to = envelope.rcptTo.map(({ address }) => address);
        received.push({ from, to, text: Buffer.concat(pieces).toString() });
        done();
      });
    },
  });
  smtp.listen(0, '127.0.0.1');
  await once(smtp.server, 'listening');
  const { port } = smtp.server.address() as AddressInfo;
  app = await TestApp.start({
    SLIPWAY_SMTP_URL: `smtp://127.0.0.1:${port}`,
    SLIPWAY_SMTP_FROM: 'Slipway <slipway@example.org>',
    SLIPWAY_PUBLIC_URL: 'https://registry.example.org',
  });
});
afterAll(async () => {
  await app.stop();
  await new Promise<void>((resolve) => {
    smtp.close(resolve);
  });
});

test('a link is sent to whom it is for, and to nobody else', async () => {
  const body = { username: 'ada', email: 'ada@example.org' };
  const { link } = await app.ask('admin', createAccount, { body });
  expect(link?.emailed).toBe(true);
  expect(received).toMatchObject([{ from: 'slipway@example.org', to: ['ada@example.org'] }]);
  const { text = '' } = received[0] ?? {};
  expect(text).toContain('Subject: Your account is ready: choose a password');
  expect(text.replaceAll('=\r\n', '').replaceAll('=3D', '=')).toContain(
    `https://registry.example.org/link#${link?.secret ?? ''}`,
  );
});

test('an address that takes no mail is no reason to fail', async () => {
  const body = { username: 'bob', email: 'refused@example.org' };
  const { link } = await app.ask('admin', createAccount, { body });
  expect(link?.emailed).toBe(false);
  const again = await app.ask('admin', resetPassword, { parameters: { username: 'bob' } });
  expect(again.emailed).toBe(false);
  expect(again.secret).not.toBe(link?.secret);
});
