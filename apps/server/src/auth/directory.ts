import { createHmac, randomBytes } from 'node:crypto';
import { isIP } from 'node:net';
import type { ConnectionOptions } from 'node:tls';
import type { Metadata } from '@slipway/metadata';
import { type ExternalAccounts, type Person, RegistryError, usernameFrom } from '@slipway/registry';
import {
  AndFilter,
  BusyError,
  Client,
  type Entry,
  EqualityFilter,
  Filter,
  FilterParser,
  ResultCodeError,
  UnavailableError,
} from 'ldapts';
import { LRUCache } from 'lru-cache';
import type { Logger } from 'pino';
import type { Proof } from './proof.ts';

/** How long the directory's word counts without asking it again, in milliseconds. */
const BELIEVED = 60_000;

/** How long it gets to answer each question, in milliseconds. */
const PATIENCE = 5000;

/** How long it is left alone after it failed, so that those who wait for it do not wait for each other. In milliseconds. */
const COOLDOWN = 2000;

const MOST_GROUPS = 1000;
const LONGEST_NAME = 256;

export interface DirectorySettings {
  readonly url: URL;
  readonly startTls: boolean;
  /** Certificates of authorities in PEM, in place of those that Node knows. */
  readonly ca: string | undefined;
  /** Whom to look people up as; `undefined` for nobody. */
  readonly bindDn: string | undefined;
  readonly bindPassword: string;
  readonly baseDn: string;
  readonly userFilter: string;
  readonly usernameAttribute: string;
  /** The attribute of a person that names their groups. */
  readonly groupAttribute: string | undefined;
  /** A filter for a person's groups, with `{dn}` and `{username}` for them. */
  readonly groupFilter: string | undefined;
  readonly adminGroup: string | undefined;
}

/**
 * Passwords that an LDAP directory knows: the person is looked up, then the connection is bound as them.
 *
 * INVARIANT: a name that somebody has here who does not come from the directory is never asked for there, so
 * nobody there becomes them, and their password is not shown to it.
 */
export class Directory {
  readonly #settings: DirectorySettings;
  readonly #metadata: Metadata;
  readonly #accounts: ExternalAccounts;
  readonly #log: Logger;
  readonly #key = randomBytes(32);
  readonly #believed = new LRUCache<string, Proof>({ max: 1000, ttl: BELIEVED });
  #failedAt = -Infinity;
  readonly #underWay = new Map<string, Promise<Proof | undefined>>();

  constructor(
    settings: DirectorySettings,
    metadata: Metadata,
    accounts: ExternalAccounts,
    log: Logger,
  ) {
    this.#settings = settings;
    this.#metadata = metadata;
    this.#accounts = accounts;
    this.#log = log;
  }

  /** Whose name and password these are. The directory is asked once by many who come at once, and again after a minute. */
  async check(username: string, password: string): Promise<Proof | undefined> {
    // To bind with an empty password succeeds without one being looked at (RFC 4513 section 5.1.2).
    if (password === '' || username.length > LONGEST_NAME || !/^[^\0]+$/.test(username)) {
      return undefined;
    }
    const key = createHmac('sha256', this.#key).update(`${username}\0${password}`).digest('base64');
    const known = this.#believed.get(key) ?? this.#underWay.get(key);
    if (known !== undefined) return known;
    const asked = this.#ask(username, password);
    this.#underWay.set(key, asked);
    try {
      const proof = await asked;
      if (proof !== undefined) this.#believed.set(key, proof);
      return proof;
    } finally {
      this.#underWay.delete(key);
    }
  }

  async #ask(username: string, password: string): Promise<Proof | undefined> {
    const account = await this.#metadata.tables.accounts.find(usernameFrom(username));
    if (account !== undefined && account.origin !== 'ldap') return undefined;
    const person = await this.#person(username, password);
    if (person === undefined) return undefined;
    const id = await this.#accounts.enter(person, { create: true, taken: 'refuse' });
    return { principal: { kind: 'account', id, credential: { kind: 'directory', id: '' } } };
  }

  /** Takes as many questions for a name that is not there as for a wrong password. */
  async #person(username: string, password: string): Promise<Person | undefined> {
    if (Date.now() - this.#failedAt < COOLDOWN) throw silent();
    const { bindDn = '', bindPassword, baseDn } = this.#settings;
    const connection = new Client({
      url: this.#settings.url.href,
      timeout: PATIENCE,
      connectTimeout: PATIENCE,
      ...(this.#settings.url.protocol === 'ldaps:' && { tlsOptions: this.#tls() }),
    });
    try {
      if (this.#settings.startTls) await connection.startTLS(this.#tls());
      await connection.bind(bindDn, bindPassword);
      const entry = await this.#find(connection, username);
      const groups = await this.#groups(connection, username, entry);
      const fits = await binds(connection, entry?.dn ?? `cn=nobody,${baseDn}`, password);
      return fits && entry !== undefined ? this.#describe(username, entry, groups) : undefined;
    } catch (cause) {
      this.#failedAt = Date.now();
      throw silent(cause);
    } finally {
      await connection.unbind().catch(() => undefined);
    }
  }

  /** The one entry of the name, in the letters that it has there or the small ones that it has here. */
  async #find(connection: Client, username: string): Promise<Entry | undefined> {
    const { baseDn, userFilter, usernameAttribute, groupAttribute } = this.#settings;
    const { searchEntries } = await connection.search(baseDn, {
      filter: new AndFilter({
        filters: [
          FilterParser.parseString(userFilter),
          new EqualityFilter({ attribute: usernameAttribute, value: username }),
        ],
      }),
      attributes: [
        ...[usernameAttribute, 'cn', 'displayName', 'mail', 'entryUUID', 'objectGUID'],
        ...(groupAttribute === undefined ? [] : [groupAttribute]),
      ],
      explicitBufferAttributes: ['objectGUID'],
      sizeLimit: 10,
    });
    const entries = searchEntries.filter((entry) =>
      textsOf(entry, usernameAttribute).some((name) =>
        [name, name.toLowerCase()].includes(username),
      ),
    );
    if (entries.length > 1) this.#log.warn({ username }, 'the directory knows several by one name');
    return entries.length === 1 ? entries[0] : undefined;
  }

  async #groups(
    connection: Client,
    username: string,
    entry: Entry | undefined,
  ): Promise<readonly string[]> {
    const { baseDn, groupAttribute, groupFilter } = this.#settings;
    const named =
      entry === undefined || groupAttribute === undefined ? [] : textsOf(entry, groupAttribute);
    if (groupFilter === undefined) return named;
    const { searchEntries } = await connection.search(baseDn, {
      filter: groupFilter
        .replaceAll('{dn}', () => Filter.escape(entry?.dn ?? ''))
        .replaceAll('{username}', () => Filter.escape(username)),
      attributes: ['1.1'],
    });
    return [...named, ...searchEntries.map(({ dn }) => dn)].slice(0, MOST_GROUPS);
  }

  #describe(username: string, entry: Entry, groups: readonly string[]): Person {
    const { adminGroup } = this.#settings;
    const { objectGUID: guid } = entry;
    return {
      origin: 'ldap',
      externalId:
        textsOf(entry, 'entryUUID')[0] ??
        (Buffer.isBuffer(guid) ? guid.toString('hex') : entry.dn.toLowerCase()),
      username: usernameFrom(username),
      email: textsOf(entry, 'mail')[0],
      displayName: textsOf(entry, 'displayName')[0] ?? textsOf(entry, 'cn')[0],
      groups,
      administrator: adminGroup === undefined ? undefined : groups.includes(adminGroup),
    };
  }

  #tls(): ConnectionOptions {
    const host = this.#settings.url.hostname.replace(/^\[|\]$/g, '');
    return {
      host,
      minVersion: 'TLSv1.2',
      ...(isIP(host) === 0 && { servername: host }),
      ...(this.#settings.ca !== undefined && { ca: this.#settings.ca }),
    };
  }
}

function silent(cause?: unknown): RegistryError {
  return new RegistryError(
    'identity-provider-unavailable',
    'the directory of accounts does not answer as it should; try again',
    undefined,
    { cause },
  );
}

/** Any answer of the directory but "yes" is "no": a wrong password, a locked account. */
async function binds(connection: Client, dn: string, password: string): Promise<boolean> {
  try {
    await connection.bind(dn, password);
    return true;
  } catch (error) {
    if (error instanceof BusyError || error instanceof UnavailableError) throw error;
    if (error instanceof ResultCodeError) return false;
    throw error;
  }
}

/** An attribute that is not there is an empty list. */
function textsOf(entry: Entry, attribute: string): readonly string[] {
  return [entry[attribute] ?? []].flat().map(String);
}
