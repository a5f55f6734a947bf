import type { TakenDelivery } from '@slipway/metadata';
import { messageOf, signatureOf } from './webhook-message.ts';

const SOURCE = 'https://registry.example.org';
const DIGEST = `sha256:${'a'.repeat(64)}`;

const aDelivery = (more: Partial<TakenDelivery> = {}): TakenDelivery => ({
  ...{ id: 4711, type: 'push', attempts: 1, createdAt: new Date(0), webhook: 7 },
  ...{ url: 'https://example.org/', secret: 'whsec_', format: 'cloudevents' },
  event: {
    at: '2026-11-25T12:00:00Z',
    ...{ action: 'manifest.push', actor: 'ada', resource: 'acme/web:1.0' },
    ...{ address: '192.0.2.7', client: 'docker/28', requestId: 'r-1' },
    detail: { digest: DIGEST, mediaType: 'application/vnd.oci.image.index.v1+json', tags: ['1.0'] },
  },
  ...more,
});

const told = (delivery: TakenDelivery) =>
  JSON.parse(messageOf(delivery, SOURCE).body) as Record<string, unknown>;

test('a push, as a CloudEvent', () => {
  expect(messageOf(aDelivery(), SOURCE).contentType).toMatch(/^application\/cloudevents\+json/);
  expect(told(aDelivery())).toEqual({
    ...{ specversion: '1.0', id: 'delivery-4711', source: SOURCE, type: 'dev.slipway.push' },
    ...{ subject: 'acme/web:1.0', time: '2026-11-25T12:00:00Z' },
    datacontenttype: 'application/json',
    data: {
      ...{ action: 'manifest.push', repository: 'acme/web', tag: '1.0', digest: DIGEST },
      ...{ actor: 'ada', address: '192.0.2.7', client: 'docker/28', requestId: 'r-1' },
      ...{ mediaType: 'application/vnd.oci.image.index.v1+json', tags: ['1.0'] },
    },
  });
});

test('the same, as Distribution says it', () => {
  const { contentType } = messageOf(aDelivery({ format: 'distribution' }), SOURCE);
  expect(contentType).toBe('application/vnd.docker.distribution.events.v1+json');
  expect(told(aDelivery({ format: 'distribution' }))).toEqual({
    events: [
      {
        ...{ id: 'delivery-4711', timestamp: '2026-11-25T12:00:00Z', action: 'push' },
        target: {
          ...{ mediaType: 'application/vnd.oci.image.index.v1+json', digest: DIGEST },
          ...{ repository: 'acme/web', tag: '1.0' },
          url: `${SOURCE}/v2/acme/web/manifests/${DIGEST}`,
        },
        request: {
          ...{ id: 'r-1', addr: '192.0.2.7', host: 'registry.example.org', useragent: 'docker/28' },
        },
        actor: { name: 'ada' },
        source: { addr: 'registry.example.org' },
      },
    ],
  });
});

test.each([
  ['acme/web', { repository: 'acme/web' }],
  [`acme/web@${DIGEST}`, { repository: 'acme/web', digest: DIGEST }],
  ['acme/web:1.0', { repository: 'acme/web', tag: '1.0' }],
])('what happened to %s', (resource, expected) => {
  const event = { ...aDelivery().event, action: 'manifest.delete', resource, detail: null };
  const { data } = told(aDelivery({ type: 'delete', event }));
  expect(data).toMatchObject(expected);
});

test('is signed as Standard Webhooks says, of which this is the example', () => {
  const secret = 'whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw';
  expect(
    signatureOf('msg_p5jXN8AQM9LWM0D4loKWxJek', secret, '{"test": 2432232314}', 1614265330),
  ).toEqual({
    'webhook-id': 'msg_p5jXN8AQM9LWM0D4loKWxJek',
    'webhook-timestamp': '1614265330',
    'webhook-signature': 'v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=',
  });
});
