import fc from 'fast-check';
import { clash, parsePublication, type Publication, publishedInWords } from './publication.ts';

const parsed = (text: string): readonly Publication[] => {
  const result = parsePublication(text);
  if ('publications' in result) return result.publications;
  throw new Error(result.problem);
};
const problem = (text: string) => {
  const result = parsePublication(text);
  return 'problem' in result ? result.problem : undefined;
};

describe('a publication', () => {
  const tcp = { protocol: 'tcp', containerPort: 80 } as const;

  it.each<[string, readonly Publication[]]>([
    ['80', [{ ...tcp, hostPorts: [] }]],
    [':80', [{ ...tcp, hostPorts: [] }]],
    ['8080:80', [{ ...tcp, hostPorts: [8080] }]],
    ['8080:80/TCP', [{ ...tcp, hostPorts: [8080] }]],
    ['53:53/udp', [{ protocol: 'udp', hostPorts: [53], containerPort: 53 }]],
    ['127.0.0.1:8080:80', [{ ...tcp, hostAddress: '127.0.0.1', hostPorts: [8080] }]],
    ['127.0.0.1::80', [{ ...tcp, hostAddress: '127.0.0.1', hostPorts: [] }]],
    ['0.0.0.0:8080:80', [{ ...tcp, hostAddress: '0.0.0.0', hostPorts: [8080] }]],
    ['[fd00::0:1]:8080:80', [{ ...tcp, hostAddress: 'fd00::1', hostPorts: [8080] }]],
    ['[::]::80', [{ ...tcp, hostAddress: '::', hostPorts: [] }]],
    ['8000-8002:80', [{ ...tcp, hostPorts: [8000, 8001, 8002] }]],
    [
      '8000-8001:9000-9001/udp',
      [
        { protocol: 'udp', hostPorts: [8000], containerPort: 9000 },
        { protocol: 'udp', hostPorts: [8001], containerPort: 9001 },
      ],
    ],
    [
      '90-91',
      [
        { protocol: 'tcp', hostPorts: [], containerPort: 90 },
        { protocol: 'tcp', hostPorts: [], containerPort: 91 },
      ],
    ],
  ])('is read from %s', (text, publications) => {
    expect(parsed(text)).toEqual(publications);
  });

  it.each([
    ...[
      '',
      ':',
      '80:',
      '0',
      '65536',
      '8080:0',
      '2-1',
      '1-2-3',
      '80/sctp',
      '80/',
      'a:80',
      '1:2:3:4',
    ],
    ...['8000-8010:80-81', '256.0.0.1:80:80', 'fd00::1:80:80', '[127.0.0.1]:80:80', '[::1]:80:80'],
    ...['localhost:80:80', '-80', '80-', '8080:80 ', '[fe80::1%eth0]:80:80'],
  ])('is not %j', (text) => {
    expect(problem(text)).toContain(text);
  });

  it('is never anything but ports, whatever is written', () => {
    const pieces = fc.constantFrom(
      '1',
      '80',
      '65535',
      ':',
      '-',
      '/',
      '[',
      ']',
      'tcp',
      'udp',
      '.',
      'f',
    );
    fc.assert(
      fc.property(fc.array(pieces, { maxLength: 10 }), (all) => {
        const result = parsePublication(all.join(''));
        if ('problem' in result) return;
        for (const { hostPorts, containerPort } of result.publications) {
          for (const port of [...hostPorts, containerPort]) {
            expect(Number.isInteger(port) && port >= 1 && port <= 65_535).toBe(true);
          }
        }
      }),
    );
  });
});

test('ports clash when one packet could be for both', () => {
  const port = (hostAddress?: string, hostPort = 80, protocol: 'tcp' | 'udp' = 'tcp') => ({
    ...{ protocol, hostPort },
    ...(hostAddress !== undefined && { hostAddress }),
  });
  expect(clash(port(), port('127.0.0.1'))).toBe(true);
  expect(clash(port('0.0.0.0'), port('127.0.0.1'))).toBe(true);
  expect(clash(port('127.0.0.1'), port('127.0.0.1'))).toBe(true);
  expect(clash(port(), port('fd00::1'))).toBe(true);
  expect(clash(port('0.0.0.0'), port('::'))).toBe(false);
  expect(clash(port('0.0.0.0'), port('fd00::1'))).toBe(false);
  expect(clash(port('127.0.0.1'), port('127.0.0.2'))).toBe(false);
  expect(clash(port(), port(undefined, 81))).toBe(false);
  expect(clash(port(), port(undefined, 80, 'udp'))).toBe(false);
});

test('published ports are shown as docker shows them', () => {
  const port = { protocol: 'tcp', hostPort: 8080, containerPort: 80 } as const;
  expect(publishedInWords(port)).toBe('0.0.0.0:8080->80/tcp');
  expect(publishedInWords({ ...port, hostAddress: 'fd00::1' })).toBe('[fd00::1]:8080->80/tcp');
});
