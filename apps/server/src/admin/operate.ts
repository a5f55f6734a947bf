import { resolve } from 'node:path';
import { type Command, InvalidArgumentError } from 'commander';
import type { Metadata } from '@slipway/metadata';
import type { Places } from '../operate/places.ts';
import { shown } from './shown.ts';
import { Unsound } from './unsound.ts';

/** Enough for one who works alone, beside servers that need theirs. */
const CONNECTIONS = 4;
const DAY = 24;

/** What is done by this process itself, with the settings of the server, whether that runs or not. */
export function addOperateCommands(program: Command, print: (text: string) => void): void {
  const tell = (report: object) => {
    const { json } = program.opts<{ readonly json?: boolean }>();
    print(json === true ? JSON.stringify(report, null, 2) : shown(report));
  };
  program
    .command('migrate')
    .summary('Migrate the database')
    .description(
      'Brings the database to the shape that this version needs, and ends. Where there is nothing to do, it does nothing; of several at once, one migrates. Run it with the settings of the server.',
    )
    .action(async () => {
      const [{ migrateOnceThere }, { findDatabase }, { parseSettingsBeside }] = await Promise.all([
        import('../migrations.ts'),
        import('../operate/places.ts'),
        import('../settings.ts'),
      ]);
      const migrations = await closing(
        await findDatabase(parseSettingsBeside()),
        async ({ connection }) =>
          migrateOnceThere(connection, (sentence) => process.stderr.write(`${sentence}\n`)),
      );
      tell({ migrations });
    });
  program
    .command('backup')
    .summary('Make a backup')
    .description(
      'Makes a backup while the registry serves: the database and the bytes of every blob, of which a folder that has backups already gets only the new ones. Run it with the settings of the server. There are secrets in it.',
    )
    .argument('<folder>', 'where backups are kept')
    .option('--listed', 'leave the bytes to a backup of the store itself, and only list the blobs')
    .action(async (folder: string, { listed }: { readonly listed?: boolean }) => {
      const { backUp } = await import('../operate/backup.ts');
      const report = await inPlace(async ({ metadata, store }) =>
        backUp(metadata, store, {
          path: resolve(folder),
          bytes: listed === true ? 'listed' : 'copied',
          at: new Date(),
        }),
      );
      tell(report);
      if (report.faults.length > 0) {
        throw new Unsound('The registry itself lacks bytes; the backup has all others.');
      }
    });
  program
    .command('restore')
    .summary('Restore a backup')
    .description(
      'Restores a backup into the empty database and the empty store of the settings, and proves it: every blob and manifest is read back and compared with its digest. No server may run there yet.',
    )
    .argument('<folder>', 'where backups are kept')
    .option('--backup <name>', 'which of them; by default the latest')
    .action(async (folder: string, { backup }: { readonly backup?: string }) => {
      const [{ restore }, { makePlaces }, { parseSettingsBeside }] = await Promise.all([
        import('../operate/restore.ts'),
        import('../operate/places.ts'),
        import('../settings.ts'),
      ]);
      const report = await closing(
        await makePlaces(parseSettingsBeside()),
        ({ connection, store }) =>
          restore(connection, store, { path: resolve(folder), name: backup }),
      );
      tell(report);
      if (report.faults.length + report.wrongManifests.length > 0) {
        throw new Unsound('Not everything could be restored: what is missing is named above.');
      }
    });
  program
    .command('scrub')
    .summary("Look for stored bytes that are missing, corrupt or nobody's")
    .description(
      'Reads stored blobs, compares them with their digests, and looks for bytes that belong to nothing, while the registry serves. It deletes nothing. Run it with the settings of the server.',
    )
    .option('--rate <bytes>', 'how many bytes a second it reads at most', positive)
    .option('--share <percent>', 'how many of a hundred blobs it reads, chosen at random', percent)
    .option('--after <digest>', 'goes on where an earlier one was stopped', '')
    .option('--grace <hours>', 'for how long bytes may lie there that nobody knows', hours, DAY)
    .action(
      async (asked: {
        readonly rate?: number;
        readonly share?: number;
        readonly after: string;
        readonly grace: number;
      }) => {
        const { scrub } = await import('../operate/scrub.ts');
        const stop = new AbortController();
        const end = () => {
          stop.abort();
        };
        process.once('SIGINT', end).once('SIGTERM', end);
        const report = await inPlace(({ metadata, store }) =>
          scrub(metadata, store, {
            rate: asked.rate,
            share: (asked.share ?? 100) / 100,
            after: asked.after,
            grace: asked.grace * 3_600_000,
            stop: stop.signal,
            random: Math.random,
          }),
        );
        tell(report);
        if (report.faults.length > 0 || (report.orphans ?? []).length > 0) {
          throw new Unsound('Not all is as it must be.');
        }
        if (report.stoppedAfter !== undefined) {
          throw new Unsound(`It was stopped; go on with: scrub --after ${report.stoppedAfter}`);
        }
      },
    );
}

async function inPlace<T>(
  work: (place: Pick<Places, 'store'> & { readonly metadata: Metadata }) => Promise<T>,
): Promise<T> {
  const [{ Metadata: Database }, { findPlaces }, { parseSettingsBeside }] = await Promise.all([
    import('@slipway/metadata'),
    import('../operate/places.ts'),
    import('../settings.ts'),
  ]);
  return closing(await findPlaces(parseSettingsBeside()), async ({ connection, store }) => {
    const options = { maxConnections: CONNECTIONS, statementTimeout: 0 };
    const metadata = await Database.connect(connection, options);
    try {
      return await work({ metadata, store });
    } finally {
      await metadata.close();
    }
  });
}

async function closing<P extends Pick<Places, 'close'>, T>(
  places: P,
  work: (places: P) => Promise<T>,
): Promise<T> {
  try {
    return await work(places);
  } finally {
    await places.close();
  }
}

function positive(text: string): number {
  if (/^[1-9]\d{0,14}$/.test(text)) return Number(text);
  throw new InvalidArgumentError('say a whole number of bytes, such as 50000000');
}

function percent(text: string): number {
  const value = Number(text);
  if (value > 0 && value <= 100) return value;
  throw new InvalidArgumentError('say a number above 0, 100 at most');
}

function hours(text: string): number {
  const value = Number(text);
  if (text !== '' && value >= 0) return value;
  throw new InvalidArgumentError('say a number of hours, such as 24');
}
