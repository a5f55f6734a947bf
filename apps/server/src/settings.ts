import { isIP } from 'node:net';
import { z } from 'zod';
import { databaseUrls } from './database-url.ts';
import { isSafeUrl } from './safe-url.ts';
import { storageFaults, storageSettings } from './s3-settings.ts';

/** What operators may set, each under the prefix `SLIPWAY_`. The README's table is made from this schema. */
const port = z.coerce.number().int().min(0).max(65_535);
const whole = (least: number, most: number) => z.coerce.number().int().min(least).max(most);

const text = () => z.string().min(1);

/** Ten years: what is added to a time stays a time. */
const seconds = (least = 1) => whole(least, 315_360_000);

/** The longest that Node's timers count; behind it they would fire at once. */
const timer = () => whole(1, 2_147_483);

const schema = z
  .object({
    SLIPWAY_HOST: z
      .string()
      .min(1)
      .default('127.0.0.1')
      .describe('Address to listen on; `0.0.0.0` or `::` for all.'),
    SLIPWAY_PORT: port.default(5000).describe('Port to listen on; 0 takes a free one.'),
    SLIPWAY_DATA_DIR: z
      .string()
      .min(1)
      .default('./data')
      .describe('Folder of the blobs and of the embedded database.'),
    SLIPWAY_PUBLIC_URL: publicUrl()
      .optional()
      .describe(
        'Where clients reach the registry, such as `https://registry.example.org`; needed behind a proxy. Unset: whatever host a client asked for.',
      ),
    SLIPWAY_TRUSTED_PROXIES: networks()
      .optional()
      .describe(
        'Addresses and networks, such as `10.0.0.0/8, ::1`, of proxies whose `X-Forwarded-For` is believed. Unset: the address that connects is the client.',
      ),
    SLIPWAY_DATABASE_URL: databaseUrl()
      .optional()
      .describe(
        'Postgres 15 or newer, `postgres://user:password@host/database`; hosts of a failover pair with commas. Unset: an embedded one under the data folder.',
      ),
    SLIPWAY_DATABASE_POOLING: z
      .enum(['session', 'transaction'])
      .default('session')
      .describe(
        '`transaction` behind a pooler that gives out its connections by transaction, such as PgBouncer; see docs/operate.md.',
      ),
    SLIPWAY_DATABASE_CONNECTIONS: whole(4, 500)
      .default(20)
      .describe('Most connections to the database at once.'),
    SLIPWAY_MIGRATE: z
      .enum(['on', 'off'])
      .default('on')
      .describe(
        'Whether a server that starts migrates the database; with `off` it waits until `slipway-server migrate` has.',
      ),
    SLIPWAY_ADMIN_USERNAME: z
      .string()
      .regex(
        /^[a-z0-9]+(?:[._-][a-z0-9]+)*$/,
        'is not lower-case letters and digits, joined by ".", "_" or "-"',
      )
      .max(64)
      .default('admin')
      .describe("The administrator's name."),
    SLIPWAY_ADMIN_PASSWORD: z
      .string()
      .min(8, 'is shorter than 8 characters')
      .max(512)
      .optional()
      .describe(
        "The administrator's password from this start on. Unset: generated on the first start and shown once.",
      ),
    SLIPWAY_CREATE_ORGANISATIONS: z
      .enum(['administrators', 'everyone'])
      .default('administrators')
      .describe('Who may create organisations.'),
    SLIPWAY_SMTP_URL: z
      .url({ protocol: /^smtps?$/, error: 'is not an smtp:// or smtps:// URL' })
      .optional()
      .describe(
        'Mail server for invitations and new passwords, `smtp://user:password@host:587`; with `SLIPWAY_SMTP_FROM`. Unset: links are only shown to who makes them.',
      ),
    SLIPWAY_SMTP_FROM: z
      .string()
      .min(3)
      .optional()
      .describe('Whom e-mails are from, such as `Slipway <slipway@example.org>`.'),
    SLIPWAY_TLS_CERT: z
      .string()
      .min(1)
      .optional()
      .describe('File with the certificate chain (PEM); with `SLIPWAY_TLS_KEY`, serves HTTPS.'),
    SLIPWAY_TLS_KEY: z
      .string()
      .min(1)
      .optional()
      .describe("File with the certificate's private key (PEM)."),
    SLIPWAY_LOG_LEVEL: z
      .enum(['fatal', 'error', 'warn', 'info', 'debug', 'trace', 'silent'])
      .default('info')
      .describe('`info` logs what changes the registry and what fails; `debug` every request.'),
    SLIPWAY_LOG_FORMAT: z
      .enum(['auto', 'text', 'json'])
      .default('auto')
      .describe('`auto` is text on a terminal and JSON elsewhere.'),
    SLIPWAY_SPARSE_MANIFESTS: z
      .enum(['none', 'index', 'any'])
      .default('index')
      .describe(
        'Which manifests may point at what the repository lacks: `none`, an `index` at some of its platforms, or `any`.',
      ),
    SLIPWAY_MANIFEST_LIMIT: whole(4 * 1024 * 1024, 1024 * 1024 * 1024)
      .default(8 * 1024 * 1024)
      .describe('Largest manifest, in bytes.'),
    SLIPWAY_TOKEN_LIFETIME: seconds(60).default(300).describe('Life of a token, in seconds.'),
    SLIPWAY_KEY_ROTATION: whole(1, 3650)
      .default(30)
      .describe('Days after which another key signs the tokens; see docs/access.md.'),
    SLIPWAY_TOKEN_RATE: whole(0, 1_000_000)
      .default(6000)
      .describe(
        'Most tokens a minute for one account or robot, at each server; 0 is without limit.',
      ),
    SLIPWAY_ANONYMOUS_TOKEN_RATE: whole(0, 1_000_000)
      .default(1200)
      .describe('Most tokens a minute for one address that does not sign in; 0 is without limit.'),
    SLIPWAY_PULL_RATE: whole(0, 1_000_000)
      .default(0)
      .describe('Most manifests a minute that one account or robot may pull; 0 is without limit.'),
    SLIPWAY_ANONYMOUS_PULL_RATE: whole(0, 1_000_000)
      .default(1200)
      .describe(
        'Most manifests a minute that one address may pull without signing in; 0 is without limit.',
      ),
    SLIPWAY_SESSION_IDLE: seconds(300)
      .default(43_200)
      .describe('Seconds without a request after which a browser must sign in again.'),
    SLIPWAY_SESSION_LIFETIME: seconds(300)
      .default(604_800)
      .describe('Seconds after which a browser must sign in again at the latest.'),
    SLIPWAY_WORKLOAD_ISSUERS: issuers()
      .default([])
      .describe(
        'Issuers whose identity tokens robots may trust, such as `https://token.actions.githubusercontent.com`, separated by spaces.',
      ),
    SLIPWAY_OIDC_ISSUER: z
      .string()
      .refine(isSafeUrl, 'is not an https:// URL (http:// only for this machine)')
      .optional()
      .describe('OpenID Connect provider that people may sign in with; see docs/sign-in.md.'),
    SLIPWAY_OIDC_CLIENT_ID: text().optional().describe('What the provider calls this registry.'),
    SLIPWAY_OIDC_CLIENT_SECRET: text().optional().describe('The secret that it gave to it.'),
    SLIPWAY_OIDC_CLIENT_SECRET_FILE: text()
      .optional()
      .describe('File with that secret, in place of the variable.'),
    SLIPWAY_OIDC_NAME: text()
      .default('single sign-on')
      .describe("The provider's name, for the button."),
    SLIPWAY_OIDC_SCOPES: text()
      .default('openid profile email')
      .describe('What to ask the provider for; some give groups only for a scope of their own.'),
    SLIPWAY_OIDC_USERNAME_CLAIM: text()
      .default('preferred_username')
      .describe("Claim that a new account's name is made of."),
    SLIPWAY_OIDC_GROUPS_CLAIM: text()
      .default('groups')
      .describe("Claim with the names of somebody's groups."),
    SLIPWAY_OIDC_REQUIRED_GROUP: text()
      .optional()
      .describe('Group that only its people may sign in.'),
    SLIPWAY_OIDC_ADMIN_GROUP: text()
      .optional()
      .describe('Group whose people are site administrators, as long as they are in it.'),
    SLIPWAY_OIDC_CREATE_ACCOUNTS: z
      .enum(['on', 'off'])
      .default('on')
      .describe('Whether who signs in for the first time gets an account.'),
    SLIPWAY_LDAP_URL: z
      .url({ protocol: /^ldaps?$/, error: 'is not an ldaps:// or ldap:// URL' })
      .optional()
      .describe('Directory whose people may sign in, `ldaps://host`; see docs/sign-in.md.'),
    SLIPWAY_LDAP_STARTTLS: z
      .enum(['on', 'off'])
      .default('off')
      .describe(
        'Whether an `ldap://` connection goes on in TLS; only to this machine it need not.',
      ),
    SLIPWAY_LDAP_CA: text()
      .optional()
      .describe("File with the authorities (PEM) that may vouch for the directory's certificate."),
    SLIPWAY_LDAP_BIND_DN: text()
      .optional()
      .describe('Entry to look people up as. Unset: anonymously.'),
    SLIPWAY_LDAP_BIND_PASSWORD: text().optional().describe("That entry's password."),
    SLIPWAY_LDAP_BIND_PASSWORD_FILE: text()
      .optional()
      .describe('File with that password, in place of the variable.'),
    SLIPWAY_LDAP_BASE_DN: text().optional().describe('Entry below which people and groups are.'),
    SLIPWAY_LDAP_USER_FILTER: text()
      .default('(objectClass=person)')
      .describe('What an entry must be for its person to sign in.'),
    SLIPWAY_LDAP_USERNAME_ATTRIBUTE: text()
      .default('uid')
      .describe(
        'Attribute with the name that somebody signs in with; `sAMAccountName` with Active Directory.',
      ),
    SLIPWAY_LDAP_GROUP_ATTRIBUTE: text()
      .optional()
      .describe("Attribute of a person with their groups' names, such as `memberOf`."),
    SLIPWAY_LDAP_GROUP_FILTER: text()
      .optional()
      .describe(
        "Filter that finds somebody's groups, such as `(&(objectClass=groupOfNames)(member={dn}))`; `{username}` stands for their name.",
      ),
    SLIPWAY_LDAP_ADMIN_GROUP: text()
      .optional()
      .describe('Group whose people are site administrators, as long as they are in it.'),
    SLIPWAY_UPLOAD_EXPIRY: seconds()
      .default(86_400)
      .describe('Seconds after which an upload that nobody goes on with is removed.'),
    SLIPWAY_GARBAGE_DELAY: seconds()
      .default(86_400)
      .describe('Seconds for which a blob that no manifest refers to is kept after its last use.'),
    SLIPWAY_TRASH_DAYS: whole(0, 3650)
      .default(7)
      .describe(
        'Days for which what was deleted can be brought back; its bytes are kept as long. 0: deleted is deleted.',
      ),
    SLIPWAY_RETENTION_INTERVAL: timer()
      .default(3600)
      .describe('Seconds between two times that a retention policy is applied.'),
    SLIPWAY_WEBHOOK_NETWORKS: networks()
      .optional()
      .describe(
        'Addresses and networks, such as `10.1.0.0/16`, to which webhooks may be sent though they are not public.',
      ),
    SLIPWAY_GARBAGE_INTERVAL: timer()
      .default(60)
      .describe('Seconds between two rounds of garbage collection.'),
    SLIPWAY_IDLE_TIMEOUT: timer()
      .default(120)
      .describe('Seconds without a byte after which a request body or an answer is given up.'),
    SLIPWAY_STOP_TIMEOUT: timer()
      .default(10)
      .describe('Seconds that requests under way get to finish when the server is stopped.'),
    SLIPWAY_STOP_DELAY: whole(0, 3600)
      .default(0)
      .describe(
        'Seconds for which a server that is stopped goes on serving, while `/readyz` answers 503: longer than a balancer takes to notice.',
      ),
    ...storageSettings,
  })
  .refine((env) => (env.SLIPWAY_TLS_CERT === undefined) === (env.SLIPWAY_TLS_KEY === undefined), {
    path: ['SLIPWAY_TLS_CERT'],
    when: () => true, // whatever else is wrong, for every fault is named at once
    error: 'and SLIPWAY_TLS_KEY go together: set both or neither',
  })
  .refine((env) => (env.SLIPWAY_SMTP_URL === undefined) === (env.SLIPWAY_SMTP_FROM === undefined), {
    path: ['SLIPWAY_SMTP_URL'],
    when: () => true,
    error: 'and SLIPWAY_SMTP_FROM go together: set both or neither',
  })
  .refine(
    (env) =>
      env.SLIPWAY_OIDC_ISSUER === undefined ||
      (env.SLIPWAY_OIDC_CLIENT_ID !== undefined &&
        (env.SLIPWAY_OIDC_CLIENT_SECRET === undefined) !==
          (env.SLIPWAY_OIDC_CLIENT_SECRET_FILE === undefined)),
    {
      path: ['SLIPWAY_OIDC_ISSUER'],
      when: () => true,
      error:
        'needs SLIPWAY_OIDC_CLIENT_ID and either SLIPWAY_OIDC_CLIENT_SECRET or SLIPWAY_OIDC_CLIENT_SECRET_FILE',
    },
  )
  .refine((env) => env.SLIPWAY_LDAP_URL === undefined || env.SLIPWAY_LDAP_BASE_DN !== undefined, {
    path: ['SLIPWAY_LDAP_URL'],
    when: () => true,
    error: 'needs SLIPWAY_LDAP_BASE_DN',
  })
  .refine(
    ({ SLIPWAY_LDAP_URL: url, SLIPWAY_LDAP_STARTTLS: startTls }) =>
      url === undefined ||
      !url.startsWith('ldap:') ||
      startTls === 'on' ||
      isSafeUrl(url.replace(/^ldap:/, 'http:')),
    {
      path: ['SLIPWAY_LDAP_URL'],
      when: () => true,
      error: 'would send passwords in the clear; use ldaps:// or set SLIPWAY_LDAP_STARTTLS=on',
    },
  )
  .refine(
    (env) =>
      (env.SLIPWAY_LDAP_BIND_DN !== undefined) ===
      ((env.SLIPWAY_LDAP_BIND_PASSWORD === undefined) !==
        (env.SLIPWAY_LDAP_BIND_PASSWORD_FILE === undefined)),
    {
      path: ['SLIPWAY_LDAP_BIND_DN'],
      when: () => true,
      error:
        'goes together with either SLIPWAY_LDAP_BIND_PASSWORD or SLIPWAY_LDAP_BIND_PASSWORD_FILE',
    },
  );

export type Settings = Readonly<z.infer<typeof schema>>;

/** What is wrong with the environment, a line for each variable. */
export class SettingsError extends Error {
  override readonly name = 'SettingsError';
}

const PREFIX = 'SLIPWAY_';

/** Reads the variables that begin with `SLIPWAY_`; an empty one counts as unset. Names every fault at once. */
export function parseSettings(
  environment: Readonly<Record<string, string | undefined>> = process.env,
): Settings {
  const given = Object.entries(environment).filter(
    ([name, value]) => name.startsWith(PREFIX) && value !== undefined && value !== '',
  );
  const unknown = given.map(([name]) => name).filter((name) => !Object.hasOwn(schema.shape, name));
  const values = Object.fromEntries(given);
  const parsed = schema.safeParse(values);
  const faults = [
    ...unknown.map((name) => `${name} is not a setting${suggestion(name)}`),
    ...(parsed.error?.issues ?? []).map(
      (issue) => `${issue.path.join('.')} ${message(issue.message)}`,
    ),
    ...storageFaults(values),
  ];
  if (faults.length > 0 || parsed.data === undefined) throw new SettingsError(faults.join('\n'));
  return Object.freeze(parsed.data);
}

/** The settings of the server for a program beside it, whose own variables do not count. */
export function parseSettingsBeside(
  environment: Readonly<Record<string, string | undefined>> = process.env,
): Settings {
  return parseSettings({ ...environment, SLIPWAY_TOKEN: undefined });
}

/** One row of the README's table. */
export interface SettingRow {
  readonly name: string;
  readonly fallback: string;
  readonly meaning: string;
}

export function settingRows(): readonly SettingRow[] {
  return Object.entries(schema.shape).map(([name, type]) => ({
    name,
    fallback: type instanceof z.ZodDefault ? String(type.def.defaultValue) : '',
    meaning: type.description ?? '',
  }));
}

/** An origin: clients join it with paths of their own. */
function publicUrl() {
  return z
    .url({ protocol: /^https?$/, error: 'is not an http:// or https:// URL' })
    .refine((text) => new URL(text).href === `${new URL(text).origin}/`, {
      when: ({ issues }) => issues.length === 0,
      error: 'has a path, a query or a user; it is only https://host or https://host:port',
    })
    .transform((text) => new URL(text).origin);
}

function databaseUrl() {
  return z.string().transform((text, context) => {
    const urls = databaseUrls(text);
    if (urls !== undefined) return urls;
    context.addIssue('is not a postgres:// URL');
    return z.NEVER;
  });
}

/** Addresses, and networks by their prefix. */
function networks() {
  const isNetwork = (text: string) => {
    const [address = '', bits, ...more] = text.split('/');
    const most = { 4: 32, 6: 128 }[isIP(address)];
    const prefix = bits === undefined || (/^\d{1,3}$/.test(bits) && Number(bits) <= (most ?? 0));
    return most !== undefined && prefix && more.length === 0;
  };
  return z
    .string()
    .transform((text) => text.split(/[\s,]+/).filter((part) => part !== ''))
    .refine((parts) => parts.length > 0 && parts.every(isNetwork), {
      error: 'is not a list of addresses and networks, such as 10.0.0.0/8, 2001:db8::/32',
    });
}

/** Exactly as the tokens write them, for `iss` is compared letter by letter. */
function issuers() {
  return z
    .string()
    .transform((text) => text.split(/[\s,]+/).filter((each) => each !== ''))
    .refine((all) => all.every((each) => isSafeUrl(each) && !/[?#]/.test(each)), {
      error: 'is not a list of https:// URLs without query (http:// only for this machine)',
    });
}

/** Zod's own messages, to follow the variable's name. */
function message(text: string): string {
  return text
    .replace(/^Invalid input: /, 'is invalid: ')
    .replace(/^Invalid option: /, 'is none of its values: ')
    .replace(/^Too /, 'is too ');
}

function suggestion(name: string): string {
  const known = Object.keys(schema.shape).map((each) => ({ each, far: distance(each, name) }));
  const [nearest] = known.sort((one, other) => one.far - other.far);
  return nearest === undefined || nearest.far > 3 ? '' : `; did you mean ${nearest.each}?`;
}

/** Levenshtein's. */
function distance(one: string, other: string): number {
  let row = Array.from({ length: other.length + 1 }, (_, index) => index);
  for (let i = 1; i <= one.length; i++) {
    const next = [i];
    for (let j = 1; j <= other.length; j++) {
      const replaced = (row[j - 1] ?? 0) + (one[i - 1] === other[j - 1] ? 0 : 1);
      next.push(Math.min(replaced, (row[j] ?? 0) + 1, (next[j - 1] ?? 0) + 1));
    }
    row = next;
  }
  return row[other.length] ?? 0;
}
