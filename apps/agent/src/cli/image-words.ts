import type { Command } from 'commander';
import type { Result } from '../wire.ts';
import type { Asking } from './asking.ts';
import { print, printJson } from './output.ts';
import { bytesInWords, sinceInWords, table } from './print.ts';

const CREATED_BY = 45;

export function imageWords(slipway: Command, ask: Asking): void {
  const { call } = ask;

  slipway
    .command('pull <image>')
    .description('fetch an image from its registry')
    .option('--platform <os/arch>', 'another platform than this host')
    .option('-q, --quiet', 'no progress')
    .action(async (image: string, options: { platform?: string; quiet?: true }) => {
      if (options.quiet === true) {
        const { platform } = options;
        await call('pull', { image, ...(platform !== undefined && { platform }) });
      } else {
        await pull(ask, image, options.platform, process.stdout);
      }
      print(`${image}\n`);
    });

  slipway
    .command('images')
    .description('list the images of this host')
    .option('-q, --quiet', 'only ids')
    .option('--format <format>', 'json')
    .action(async (options: { quiet?: true; format?: string }) => {
      const images = await call('images', {});
      if (options.format === 'json') {
        printJson(images);
        return;
      }
      if (options.quiet === true) {
        print(images.map((image) => `${image.configDigest.slice(7, 19)}\n`).join(''));
        return;
      }
      const rows = images.flatMap(({ names, configDigest, size, created }) =>
        (names.length > 0 ? names : ['<none>:<none>']).map((name) => [
          ...splitName(name),
          configDigest.slice(7, 19),
          created === undefined ? '' : sinceInWords(created, Date.now()),
          bytesInWords(size),
        ]),
      );
      print(table(['REPOSITORY', 'TAG', 'IMAGE ID', 'CREATED', 'SIZE'], rows));
    });

  slipway
    .command('tag <image> <name>')
    .description('give an image another name')
    .action(async (image: string, name: string) => {
      await call('image-tag', { image, name });
    });

  slipway
    .command('history <image>')
    .description('how an image was made, the newest first')
    .option('--no-trunc', 'whole commands')
    .option('--format <format>', 'json')
    .action(async (image: string, options: { trunc: boolean; format?: string }) => {
      const history = await call('image-history', { image });
      if (options.format === 'json') printJson(history);
      else {
        const rows = history.map((entry) => historyRow(entry, !options.trunc));
        print(table(['CREATED', 'CREATED BY', 'SIZE', 'COMMENT'], rows));
      }
    });

  slipway
    .command('rmi <image...>')
    .description('remove images')
    .option('-f, --force', 'even when a container uses them')
    .action(async (images: readonly string[], options: { force?: true }) => {
      for (const image of images) {
        const lines = await call('image-remove', { image, force: options.force === true });
        print(lines.map((line) => `${line}\n`).join(''));
      }
    });
}

function historyRow(
  { created, createdBy = '', comment = '', size }: Result<'image-history'>[number],
  whole: boolean,
): readonly string[] {
  const words = createdBy.replaceAll(/\s+/g, ' ');
  return [
    created === undefined ? '' : sinceInWords(created, Date.now()),
    whole || words.length <= CREATED_BY ? words : `${words.slice(0, CREATED_BY - 1)}…`,
    bytesInWords(size),
    comment,
  ];
}

/** Pulls an image and tells how it goes, line by line. */
export async function pull(
  { call }: Asking,
  image: string,
  platform: string | undefined,
  output: NodeJS.WriteStream,
): Promise<void> {
  const line = (text: string) => output.write(`${text}\n`);
  const result = await call(
    'pull',
    { image, ...(platform !== undefined && { platform }) },
    (event) => {
      if (!('layer' in event)) return;
      const words = { pulling: 'Pulling', present: 'Already there', done: 'Pull complete' };
      const size = event.state === 'pulling' ? ` (${bytesInWords(event.size)})` : '';
      line(`${event.layer.slice(7, 19)}: ${words[event.state]}${size}`);
    },
  );
  line(`Digest: ${result.target}`);
}

function splitName(name: string): readonly [string, string] {
  const [path = '', digest] = name.split('@');
  const colon = path.lastIndexOf(':');
  const tagged = colon > path.lastIndexOf('/');
  return tagged
    ? [path.slice(0, colon), path.slice(colon + 1)]
    : [path, digest === undefined ? '' : '<none>'];
}
