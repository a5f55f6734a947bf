import type { ImageProcess } from '@slipway/oci';
import { argumentsOf, environmentOf, workingDirOf } from './process-wish.ts';
import { parseSignal } from './signals.ts';

const anImage = (more: Partial<ImageProcess> = {}): ImageProcess => ({
  entrypoint: [],
  cmd: [],
  env: [],
  user: '',
  workingDir: '',
  ...more,
});

describe('argumentsOf', () => {
  const image = anImage({ entrypoint: ['/entry'], cmd: ['serve'] });

  it.each([
    ['the image as it is', {}, ['/entry', 'serve']],
    ['a command instead of Cmd', { command: ['x', 'y'] }, ['/entry', 'x', 'y']],
    ['an entrypoint instead of both', { entrypoint: ['/bin/sh'] }, ['/bin/sh']],
    [
      'an entrypoint and a command',
      { entrypoint: ['/bin/sh'], command: ['-c'] },
      ['/bin/sh', '-c'],
    ],
    ['no entrypoint at all', { entrypoint: [], command: ['x'] }, ['x']],
  ])('runs %s', (_, wish, args) => expect(argumentsOf(image, wish)).toEqual(args));

  it('runs nothing when nothing is said', () => {
    expect(() => argumentsOf(anImage(), {})).toThrow(/says nothing of what to run/);
    expect(() => argumentsOf(image, { entrypoint: [] })).toThrow(/says nothing/);
    expect(() => argumentsOf(image, { command: ['a\0b'] })).toThrow(/NUL/);
  });
});

describe('environmentOf', () => {
  const user = { uid: 0, gid: 0, additionalGids: [], home: '/root' };
  const env = (image: readonly string[], wish: readonly string[] = []) =>
    environmentOf(anImage({ env: image }), { env: wish }, { hostname: 'h', user });

  it('is a path, a host name and a home, when nobody says anything', () => {
    expect(env([])).toEqual([
      'PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin',
      'HOSTNAME=h',
      'HOME=/root',
    ]);
  });

  it('is what the image says, with what is wished by key', () => {
    expect(env(['PATH=/x', 'A=1', 'B=2', 'HOME=/h'], ['B=3', 'C=a=b', 'A', 'HOSTNAME='])).toEqual([
      'PATH=/x',
      'B=3',
      'HOME=/h',
      'C=a=b',
      'HOSTNAME=',
    ]);
  });

  it.each(['=x', 'A\nB=1', 'A=\0', '\0'])('takes no variable %j', (variable) => {
    expect(() => env([], [variable])).toThrow(/cannot be a variable/);
  });
});

describe('workingDirOf', () => {
  const of = (workingDir: string, wish?: string) =>
    workingDirOf(anImage({ workingDir }), wish === undefined ? {} : { workingDir: wish });

  it.each([
    ['', '/'],
    ['/srv/app/', '/srv/app'],
    ['/a/./b/../c', '/a/c'],
    ['/procs', '/procs'],
    ['/a/proc', '/a/proc'],
  ])('reads %j as %s', (text, path) => expect(of(text)).toBe(path));

  it.each([
    'srv',
    './x',
    '/proc/self/fd/7',
    '/proc',
    '/sys/fs',
    '/dev/shm',
    '/a/../proc/self',
    '//proc',
    '/a\0',
  ])('refuses %j', (text) => {
    expect(() => of(text)).toThrow(/the working folder/);
    expect(() => of('/', text)).toThrow(/the working folder/);
  });
});

test('signals are read by number and by name', () => {
  expect(['9', 'KILL', 'SIGKILL', 'sigkill'].map(parseSignal)).toEqual([9, 9, 9, 9]);
  expect(['SIGRTMIN', 'SIGRTMIN+3', 'RTMAX-1', '64'].map(parseSignal)).toEqual([34, 37, 63, 64]);
  for (const text of ['', '0', '65', 'SIGNONE', 'RTMIN+99', '-9', 'SIGconstructor']) {
    expect(parseSignal(text)).toBeUndefined();
  }
});
