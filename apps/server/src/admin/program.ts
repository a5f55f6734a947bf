import { type Asking, type Endpoint, ENDPOINTS, jsonSchema } from '@slipway/api';
import { Command, Option } from 'commander';
import { ask, type Place } from './ask.ts';
import { type Field, fieldsOf, optionOf } from './fields.ts';
import { addOperateCommands } from './operate.ts';
import type { TerminalSettings } from './settings.ts';
import { shown } from './shown.ts';
import { Unsound } from './unsound.ts';

/** What the terminal talks to. */
export interface Terminal {
  readonly settings: TerminalSettings;
  print(text: string): void;
  secret(what: string): Promise<string>;
}

const GROUPS: Readonly<Record<string, string>> = {
  account: 'Who I am',
  accounts: "People's accounts",
  audit: 'What was done and refused',
  document: 'The OpenAPI document',
  files: 'Files of images, and what takes the space',
  grants: 'Who was granted what',
  images: 'Images, what is in them and how they differ',
  invitations: 'Invitations to the site',
  ledger: 'The history of tags, as a chain that can be proven',
  links: 'One-time links, from the other side',
  organisations: 'Organisations, and who belongs to them',
  quotas: 'What namespaces may have, and what they have',
  repositories: 'Repositories',
  retention: 'Which tags stay, and for how long',
  robots: 'Accounts of no person, their secrets and trusts',
  tags: 'Tags, where they pointed, and the way back',
  teams: 'Teams of organisations',
  tokens: 'My access tokens',
  trash: 'What was deleted, and the way back',
  webhooks: 'Who is told what happens',
};

/** Every endpoint as a command, and what is done beside the server. */
export function programFor(terminal: Terminal): Command {
  const program = new Command('slipway-server')
    .description('Manages a registry from a terminal.')
    .addOption(new Option('--json', 'print the answer as JSON'))
    .addOption(
      new Option(
        '--url <url>',
        'a server elsewhere, with SLIPWAY_TOKEN, an access token made with --api; else the one that runs on SLIPWAY_DATA_DIR here, as its operator',
      ),
    )
    .configureHelp({ showGlobalOptions: true })
    .enablePositionalOptions(false)
    .showSuggestionAfterError(true);
  for (const endpoint of ENDPOINTS) addCommand(program, endpoint, terminal);
  addOperateCommands(program, (text) => {
    terminal.print(text);
  });
  return program;
}

function addCommand(program: Command, endpoint: Endpoint, terminal: Terminal): void {
  const words = endpoint.words.split(' ');
  const names = words.filter((word) => !word.startsWith('<'));
  const positions = words.filter((word) => word.startsWith('<')).map((word) => word.slice(1, -1));
  const command = names.reduce(within, program);
  command.summary(endpoint.summary);
  command.description([`${endpoint.summary}.`, endpoint.description].filter(Boolean).join(' '));
  const fields = fieldsOf(endpoint);
  for (const name of positions) {
    const field = fields.find((each) => each.name === name);
    command.argument(`<${name}>`, field?.description);
  }
  const options = fields.filter(({ name }) => !positions.includes(name));
  for (const field of options) command.addOption(optionOf(field));
  command.action(async (...given: unknown[]) => {
    const values = { ...command.opts<Record<string, unknown>>() };
    positions.forEach((name, at) => {
      values[name] = given[at];
    });
    await askSecrets(fields, values, terminal);
    const { json, url } = program.opts<{ readonly json?: boolean; readonly url?: string }>();
    const answer = await askAll(placeOf(terminal.settings, url), endpoint, fields, values);
    terminal.print(json === true ? JSON.stringify(answer ?? {}, null, 2) : shown(answer));
    if (endpoint.isSound?.(answer) === false) throw new Unsound('Not all is as it must be.');
  });
}

function within(parent: Command, name: string): Command {
  const known = parent.commands.find((command) => command.name() === name);
  if (known !== undefined) return known;
  const made = parent.command(name);
  return made.description(GROUPS[name] ?? '');
}

async function askSecrets(
  fields: readonly Field[],
  values: Record<string, unknown>,
  terminal: Terminal,
): Promise<void> {
  for (const { name, kind, required } of fields) {
    if (kind !== 'secret' || !(required || values[name] === true)) continue;
    values[name] = await terminal.secret(name);
  }
}

/** All pages of a list, unless one is asked for by `--after` or `--limit`. */
async function askAll(
  place: Place,
  endpoint: Endpoint,
  fields: readonly Field[],
  values: Readonly<Record<string, unknown>>,
): Promise<unknown> {
  const paged = 'after' in endpoint.query.shape;
  if (!paged || values.after !== undefined || values.limit !== undefined) {
    return ask(place, endpoint, asking(fields, values));
  }
  const items: unknown[] = [];
  const limit = mostOf(endpoint);
  for (let after: string | undefined; ;) {
    const { next, ...page } = (await ask(
      place,
      endpoint,
      asking(fields, { ...values, after, limit }),
    )) as {
      readonly items: readonly unknown[];
      readonly next?: string;
    };
    items.push(...page.items);
    if (next === undefined) return { ...page, items };
    after = next;
  }
}

/** The longest page that the endpoint gives. */
function mostOf({ query }: Endpoint): number | undefined {
  const { limit } = query.shape;
  return limit && (jsonSchema(limit) as { readonly maximum?: number }).maximum;
}

function asking(fields: readonly Field[], values: Readonly<Record<string, unknown>>): Asking {
  const part = (where: Field['where']) =>
    Object.fromEntries(
      fields
        .filter((field) => field.where === where && values[field.name] !== undefined)
        .map(({ name }) => [name, values[name]]),
    );
  const hasBody = fields.some(({ where }) => where === 'body');
  return {
    parameters: part('parameters'),
    query: part('query') as NonNullable<Asking['query']>,
    ...(hasBody && { body: part('body') }),
  };
}

function placeOf({ dataDir, token }: TerminalSettings, url: string | undefined): Place {
  return url === undefined ? { kind: 'socket', dataDir } : { kind: 'url', url, token };
}
