import 'reflect-metadata';
import { randomUUID } from 'node:crypto';
import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import {
  type Answered,
  type Asking,
  type Endpoint,
  type Problem,
  problem,
  requestOf,
} from '@slipway/api';
import { Metadata } from '@slipway/metadata';
import { testDatabase, type TestDatabase } from '@slipway/metadata/testing';
import type { Pulls } from '@slipway/registry';
import { AuditLog, Identities, Sessions } from '@slipway/registry';
import { type BlobStore, MemoryBlobStore } from '@slipway/storage';
import { type Logger, pino } from 'pino';
import { openHub } from '../api/hub.ts';
import { Invites } from '../api/invites.ts';
import { openMail } from '../api/mail.ts';
import type { Witness, Witnessed } from '../api/witness.ts';
import { createApp } from '../app.ts';
import { Authentication } from '../auth/authentication.ts';
import { hashPassword, Passwords } from '../auth/passwords.ts';
import { Sealed } from '../auth/sealed.ts';
import { SignIn } from '../auth/sign-in.ts';
import { Site } from '../auth/site.ts';
import { TokenUses } from '../auth/token-uses.ts';
import { Tokens } from '../auth/tokens.ts';
import { WebSessions } from '../auth/web-sessions.ts';
import { openRegistry } from '../distribution/index.ts';
import { Metrics } from '../metrics.ts';
import { measuring } from '../observer.ts';
import { ObservedStore } from '../observed-store.ts';
import { listenForOperator } from '../operator-socket.ts';
import { showQueues } from '../queues.ts';
import { RateLimits } from '../rate-limits.ts';
import { readiness } from '../readiness.ts';
import { parseSettings } from '../settings.ts';
import type { Tracing } from '../tracing/tracing.ts';

/** What came of a call that may be refused. */
type Outcome<E extends Endpoint> =
  | { readonly status: 200 | 201 | 204; readonly answer: Answered<E> }
  | { readonly status: number; readonly problem: Problem; readonly headers: Headers };

/** The whole server over a database of its own, in this process, listening on a free port. */
export class TestApp {
  readonly url: string;
  readonly metadata: Metadata;
  /** Everything that was seen of calls that change something. */
  readonly witnessed: Witnessed[];
  readonly tokenUses: TokenUses;
  readonly pulls: Pulls;
  readonly store: BlobStore;
  readonly #app: NestFastifyApplication;
  readonly #audit: AuditLog;
  readonly #database: TestDatabase;

  private constructor(
    app: NestFastifyApplication,
    url: string,
    metadata: Metadata,
    database: TestDatabase,
    witnessed: Witnessed[],
    tokenUses: TokenUses,
    audit: AuditLog,
    pulls: Pulls,
    store: BlobStore,
  ) {
    this.store = store;
    this.pulls = pulls;
    this.#audit = audit;
    this.#app = app;
    this.url = url;
    this.metadata = metadata;
    this.#database = database;
    this.witnessed = witnessed;
    this.tokenUses = tokenUses;
  }

  /** With an administrator called admin, whose password is as that of every account made by `person`. */
  static async start(
    environment: Readonly<Record<string, string>> = {},
    { tracing, log = pino({ level: 'silent' }) }: { tracing?: Tracing; log?: Logger } = {},
  ): Promise<TestApp> {
    const settings = parseSettings(environment);
    const database = await testDatabase();
    const metrics = new Metrics();
    const measured = measuring(metrics, 'memory');
    const observer = tracing?.around(measured) ?? measured;
    const metadata = await Metadata.connect(database.connection, { around: observer.statement });
    const store = new ObservedStore(new MemoryBlobStore(), observer);
    const times = {
      reviewDelay: 60,
      deletionDelay: 60,
      uploadExpiry: 60,
      trashDelay: 60,
      now: Date.now,
    };
    const audit = new AuditLog(metadata, Date.now, () => undefined);
    showQueues(metrics.registry, { metadata, audit }, settings.SLIPWAY_DATABASE_CONNECTIONS);
    const registry = openRegistry(metadata, store, times, { audit, sparse: 'index' });
    const identities = new Identities(metadata, Date.now);
    const passwords = new Passwords(metadata);
    const signIn = new SignIn({ metadata, identities, audit, passwords });
    const tokens = await Tokens.load(metadata, identities, settings.SLIPWAY_TOKEN_LIFETIME);
    const site = new Site(settings.SLIPWAY_PUBLIC_URL, false);
    const limits = { idle: 60_000, longest: 60_000 };
    const sessions = new Sessions(metadata, limits, Date.now, randomUUID);
    const webSessions = new WebSessions(identities, sessions, site);
    const tokenUses = new TokenUses();
    const witnessed: Witnessed[] = [];
    const witness: Witness = {
      see: async (what) => {
        witnessed.push(what);
      },
    };
    const app = await createApp(settings, registry, {
      audit,
      authentication: new Authentication(metadata, signIn, tokens, webSessions, tokenUses),
      hub: openHub(
        metadata,
        store,
        identities,
        registry,
        settings.SLIPWAY_CREATE_ORGANISATIONS,
        times,
      ),
      invites: new Invites(log, openMail(settings), site),
      log,
      metrics,
      rateLimits: new RateLimits(settings, () => performance.now()),
      readiness: readiness(metadata, store),
      openIdConnect: undefined,
      resources: registry.resources,
      sealed: new Sealed(metadata, 'a test', Date.now),
      sessions,
      signIn,
      site,
      tokens,
      tracing,
      webSessions,
      witness,
    });
    await app.listen(0, '127.0.0.1');
    const test = new TestApp(
      app,
      await app.getUrl(),
      metadata,
      database,
      witnessed,
      tokenUses,
      audit,
      registry.pulls,
      store,
    );
    await test.person('admin', { administrator: true });
    return test;
  }

  async person(username: string, { administrator = false } = {}): Promise<void> {
    await this.metadata.tables.accounts.insert({
      username,
      passwordHash: await hashed(passwordOf(username)),
      administrator,
    });
    this.metadata.access.changed();
  }

  /** The answer; throws when there is none. */
  async ask<E extends Endpoint>(
    who: string,
    endpoint: E,
    asking: Asking<E> = {},
  ): Promise<Answered<E>> {
    const outcome = await this.outcome(who, endpoint, asking);
    if ('answer' in outcome) return outcome.answer;
    throw new Error(`${endpoint.id}: ${outcome.status} ${outcome.problem.detail}`);
  }

  /** The problem that somebody is told; throws when there is an answer. */
  async refused<E extends Endpoint>(who: string, endpoint: E, asking: Asking<E> = {}) {
    const outcome = await this.outcome(who, endpoint, asking);
    if ('problem' in outcome) return outcome.problem;
    throw new Error(`${endpoint.id} was not refused`);
  }

  /** `who` is a username, a whole `Authorization`, or '' for nobody. */
  async outcome<E extends Endpoint>(
    who: string,
    endpoint: E,
    asking: Asking<E> = {},
  ): Promise<Outcome<E>> {
    const { method, path, body } = requestOf(endpoint, asking);
    const authorization = who.includes(' ') ? who : basic(who, passwordOf(who));
    const response = await fetch(this.url + path, {
      method,
      headers: {
        ...(who !== '' && { authorization }),
        ...(body !== undefined && { 'content-type': 'application/json' }),
      },
      ...(body !== undefined && { body }),
    });
    const { status, headers } = response;
    const text = await response.text();
    if (!response.ok) {
      expect(headers.get('content-type')).toBe('application/problem+json; charset=utf-8');
      return { status, headers, problem: problem.strict().parse(JSON.parse(text)) };
    }
    expect(status).toBe(endpoint.status);
    const answer = endpoint.answer.decode(text === '' ? undefined : JSON.parse(text));
    return { status: endpoint.status, answer: answer as Answered<E> };
  }

  async fetch(path: string, who: string, init: RequestInit = {}): Promise<Response> {
    return fetch(this.url + path, {
      ...init,
      headers: {
        ...(init.headers as Record<string, string> | undefined),
        ...(who !== '' && { authorization: who.includes(' ') ? who : basic(who, passwordOf(who)) }),
      },
    });
  }

  /** Listens for the operator in a data folder too; answers how to stop that. */
  async listenForOperator(dataDir: string): Promise<() => Promise<void>> {
    return listenForOperator(this.#app, dataDir);
  }

  async stop(): Promise<void> {
    await this.#app.close();
    await this.#audit.close();
    await this.metadata.close();
    await this.#database.drop();
  }
}

export function passwordOf(username: string): string {
  return `the password of ${username}`;
}

export function basic(username: string, password: string): string {
  return `Basic ${Buffer.from(`${username}:${password}`).toString('base64')}`;
}

const hashes = new Map<string, Promise<string>>();

function hashed(password: string): Promise<string> {
  const known = hashes.get(password) ?? hashPassword(password);
  hashes.set(password, known);
  return known;
}
