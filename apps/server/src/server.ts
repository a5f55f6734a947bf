import { randomUUID } from 'node:crypto';
import { mkdirSync, readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import { type Connection, EmbeddedPostgres, Metadata } from '@slipway/metadata';
import {
  AuditLog,
  type GarbageTimes,
  ExternalAccounts,
  Identities,
  Sessions,
} from '@slipway/registry';
import type { Logger } from 'pino';
import { ensureAdministrator } from './administrator.ts';
import { openHub } from './api/hub.ts';
import { Invites } from './api/invites.ts';
import { auditWitness } from './api/audit-witness.ts';
import { openMail } from './api/mail.ts';
import { createApp } from './app.ts';
import { OpenIdConnect } from './auth/openid-connect.ts';
import { Directory } from './auth/directory.ts';
import { Authentication } from './auth/authentication.ts';
import { Passwords } from './auth/passwords.ts';
import { Sealed } from './auth/sealed.ts';
import { SignIn } from './auth/sign-in.ts';
import { Site } from './auth/site.ts';
import { TokenUses } from './auth/token-uses.ts';
import { Tokens } from './auth/tokens.ts';
import { WebSessions } from './auth/web-sessions.ts';
import { WorkloadIssuers } from './auth/workload-issuers.ts';
import { WorkloadTokens } from './auth/workload-tokens.ts';
import { openRegistry } from './distribution/index.ts';
import { startFilesJob } from './jobs/files.job.ts';
import { startGarbageJob } from './jobs/garbage.job.ts';
import { startKeysJob } from './jobs/keys.job.ts';
import { startLabelsJob } from './jobs/labels.job.ts';
import { startLedgerJob } from './jobs/ledger.job.ts';
import { startNotesJob } from './jobs/notes.job.ts';
import { startRetentionJob } from './jobs/retention.job.ts';
import { startWebhooksJob } from './jobs/webhooks.job.ts';
import { givenDatabase } from './given-database.ts';
import { Metrics } from './metrics.ts';
import { migrateOnceThere, untilMigrated } from './migrations.ts';
import { measuring } from './observer.ts';
import { ObservedStore } from './observed-store.ts';
import { listenForOperator } from './operator-socket.ts';
import { checkPublicUrl } from './public-url.ts';
import { showQueues } from './queues.ts';
import { RateLimits } from './rate-limits.ts';
import { readiness } from './readiness.ts';
import type { Settings } from './settings.ts';
import { openStorage } from './storage.ts';
import type { Tracing } from './tracing/tracing.ts';
import { allowedAddresses } from './webhooks/allowed-addresses.ts';

/** Longer than anybody reads one blob. In seconds; less where garbage is to go sooner. */
const DELETION_DELAY = 3600;

const DAY = 86_400;
const LEDGER_INTERVAL = 2_000;
const LABELS_INTERVAL = 5_000;
const NOTES_INTERVAL = 30_000;

export interface Server {
  /** Where it listens, such as `http://127.0.0.1:5000`. */
  readonly url: string;
  /** The administrator's password, if it was made on this start. */
  readonly generatedPassword: string | undefined;
  /** Is not ready any more, lets requests under way finish for a while, then ends everything that was started. */
  stop(): Promise<void>;
}

/** Starts everything in order; what was started before a failure is stopped again, last first. */
export async function startServer(
  settings: Settings,
  log: Logger,
  tracing?: Tracing,
): Promise<Server> {
  const started: (() => Promise<void>)[] = [];
  const stopping = new AbortController();
  const stop = async () => {
    for (const end of started.splice(0).reverse()) await end();
  };
  try {
    if (tracing !== undefined) {
      tracing.onFailure((why) => {
        log.warn(`traces could not be sent: ${why}`);
      });
      started.push(() => tracing.close());
    }
    const dataDir = resolve(settings.SLIPWAY_DATA_DIR);
    mkdirSync(dataDir, { recursive: true, mode: 0o750 });
    const metrics = new Metrics();
    const measured = measuring(metrics, settings.SLIPWAY_STORAGE);
    const observer = tracing?.around(measured) ?? measured;
    const store = new ObservedStore(await openStorage(settings, dataDir), observer);
    const connection = await database(settings, dataDir, log, started);
    await migrated(connection, settings, log);
    const metadata = await Metadata.connect(connection, {
      maxConnections: settings.SLIPWAY_DATABASE_CONNECTIONS,
      around: observer.statement,
    });
    started.push(() => metadata.close());

    const { generated } = await ensureAdministrator(
      metadata,
      settings.SLIPWAY_ADMIN_USERNAME,
      settings.SLIPWAY_ADMIN_PASSWORD,
    );
    const times: GarbageTimes = {
      reviewDelay: settings.SLIPWAY_GARBAGE_DELAY,
      deletionDelay: Math.min(DELETION_DELAY, settings.SLIPWAY_GARBAGE_DELAY),
      uploadExpiry: settings.SLIPWAY_UPLOAD_EXPIRY,
      trashDelay: settings.SLIPWAY_TRASH_DAYS * DAY,
      now: Date.now,
    };
    const audit = new AuditLog(metadata, Date.now, (error) => {
      log.error({ err: error }, 'the audit log could not be written; it is tried again');
    });
    started.push(() => audit.close());
    showQueues(metrics.registry, { metadata, audit }, settings.SLIPWAY_DATABASE_CONNECTIONS);
    const registry = openRegistry(metadata, store, times, {
      audit,
      sparse: settings.SLIPWAY_SPARSE_MANIFESTS,
    });
    const identities = new Identities(metadata, Date.now);
    const issuers = new WorkloadIssuers(settings.SLIPWAY_WORKLOAD_ISSUERS, fetch, Date.now);
    const signIn = new SignIn({
      metadata,
      identities,
      audit,
      passwords: new Passwords(metadata),
      workloads: new WorkloadTokens(metadata, issuers, Date.now),
      directory: directory(settings, metadata, log),
    });
    const tokens = await Tokens.load(metadata, identities, settings.SLIPWAY_TOKEN_LIFETIME);
    const site = new Site(settings.SLIPWAY_PUBLIC_URL, settings.SLIPWAY_TLS_CERT !== undefined);
    const sessions = new Sessions(
      metadata,
      {
        idle: settings.SLIPWAY_SESSION_IDLE * 1000,
        longest: settings.SLIPWAY_SESSION_LIFETIME * 1000,
      },
      Date.now,
      randomUUID,
    );
    const uses = new TokenUses();
    const webSessions = new WebSessions(identities, sessions, site);
    const authentication = new Authentication(metadata, signIn, tokens, webSessions, uses);
    const mail = openMail(settings);
    if (mail !== undefined) started.push(async () => mail.close());
    const hub = openHub(
      metadata,
      store,
      identities,
      registry,
      settings.SLIPWAY_CREATE_ORGANISATIONS,
      times,
    );
    const parts = {
      audit,
      authentication,
      hub,
      invites: new Invites(log, mail, site),
      log,
      metrics,
      rateLimits: new RateLimits(settings, () => performance.now()),
      openIdConnect: openIdConnect(settings, metadata, log),
      resources: registry.resources,
      sealed: new Sealed(metadata, 'OpenID Connect transaction', Date.now),
      sessions,
      signIn,
      site,
      tokens,
      tracing,
      witness: auditWitness(audit),
      webSessions,
      readiness: readiness(metadata, store, stopping.signal),
    };
    const app = await createApp(settings, registry, parts);
    await app.listen(settings.SLIPWAY_PORT, settings.SLIPWAY_HOST);
    started.push(() => closed(app, settings.SLIPWAY_STOP_TIMEOUT * 1000));
    started.push(await listenForOperator(app, dataDir));

    const around = observer.job;
    const interval = settings.SLIPWAY_GARBAGE_INTERVAL * 1000;
    const garbage = startGarbageJob({ metadata, store, times, around, metrics, log }, interval);
    started.push(() => garbage.stop());
    const retention = startRetentionJob(
      { retention: hub.retention, around, metrics, log },
      settings.SLIPWAY_RETENTION_INTERVAL * 1000,
    );
    started.push(() => retention.stop());
    const webhooks = startWebhooksJob({
      metadata,
      source: settings.SLIPWAY_PUBLIC_URL ?? (await app.getUrl()),
      isAllowed: allowedAddresses(settings.SLIPWAY_WEBHOOK_NETWORKS ?? []),
      around,
      outgoing: observer.outgoing,
      metrics,
      log,
      now: Date.now,
    });
    started.push(() => webhooks.stop());
    const lifetime = settings.SLIPWAY_TOKEN_LIFETIME;
    const rotation = settings.SLIPWAY_KEY_ROTATION * DAY;
    const keys = startKeysJob({ keys: tokens.keys, lifetime, around, log }, rotation);
    started.push(() => keys.stop());
    const notes = startNotesJob(
      { metadata, uses, pulls: registry.pulls, around, log },
      NOTES_INTERVAL,
    );
    started.push(() => notes.stop());
    const files = startFilesJob({ metadata, store, around, metrics, log });
    started.push(() => files.stop());
    const ledger = startLedgerJob({ ledger: hub.ledger, around, log }, LEDGER_INTERVAL);
    started.push(() => ledger.stop());
    const labels = startLabelsJob({ labels: hub.repositoryLabels, around, log }, LABELS_INTERVAL);
    started.push(() => labels.stop());
    started.push(async () => {
      stopping.abort();
      await sleep(settings.SLIPWAY_STOP_DELAY * 1000);
    });
    void checkPublicUrl(settings.SLIPWAY_PUBLIC_URL, log);
    return { url: await app.getUrl(), generatedPassword: generated, stop };
  } catch (error) {
    await stop();
    throw error;
  }
}

function openIdConnect(
  settings: Settings,
  metadata: Metadata,
  log: Logger,
): OpenIdConnect | undefined {
  const { SLIPWAY_OIDC_ISSUER: issuer, SLIPWAY_OIDC_CLIENT_ID: clientId } = settings;
  if (issuer === undefined || clientId === undefined) return undefined;
  return new OpenIdConnect(
    {
      issuer: new URL(issuer),
      clientId,
      clientSecret: secret(
        settings.SLIPWAY_OIDC_CLIENT_SECRET,
        settings.SLIPWAY_OIDC_CLIENT_SECRET_FILE,
      ),
      name: settings.SLIPWAY_OIDC_NAME,
      scopes: settings.SLIPWAY_OIDC_SCOPES,
      usernameClaim: settings.SLIPWAY_OIDC_USERNAME_CLAIM,
      groupsClaim: settings.SLIPWAY_OIDC_GROUPS_CLAIM,
      requiredGroup: settings.SLIPWAY_OIDC_REQUIRED_GROUP,
      adminGroup: settings.SLIPWAY_OIDC_ADMIN_GROUP,
      createAccounts: settings.SLIPWAY_OIDC_CREATE_ACCOUNTS === 'on',
    },
    new ExternalAccounts(metadata),
    log,
  );
}

function directory(settings: Settings, metadata: Metadata, log: Logger): Directory | undefined {
  const { SLIPWAY_LDAP_URL: url, SLIPWAY_LDAP_BASE_DN: baseDn } = settings;
  if (url === undefined || baseDn === undefined) return undefined;
  return new Directory(
    {
      url: new URL(url),
      startTls: settings.SLIPWAY_LDAP_STARTTLS === 'on',
      ca: settings.SLIPWAY_LDAP_CA && readFileSync(settings.SLIPWAY_LDAP_CA, 'utf8'),
      bindDn: settings.SLIPWAY_LDAP_BIND_DN,
      bindPassword: secret(
        settings.SLIPWAY_LDAP_BIND_PASSWORD,
        settings.SLIPWAY_LDAP_BIND_PASSWORD_FILE,
      ),
      baseDn,
      userFilter: settings.SLIPWAY_LDAP_USER_FILTER,
      usernameAttribute: settings.SLIPWAY_LDAP_USERNAME_ATTRIBUTE,
      groupAttribute: settings.SLIPWAY_LDAP_GROUP_ATTRIBUTE,
      groupFilter: settings.SLIPWAY_LDAP_GROUP_FILTER,
      adminGroup: settings.SLIPWAY_LDAP_ADMIN_GROUP,
    },
    metadata,
    new ExternalAccounts(metadata),
    log,
  );
}

/** What stands in a variable, or in the file that another names. */
function secret(value: string | undefined, file: string | undefined): string {
  return value ?? (file === undefined ? '' : readFileSync(file, 'utf8').trim());
}

async function database(
  settings: Settings,
  dataDir: string,
  log: Logger,
  started: (() => Promise<void>)[],
): Promise<Connection> {
  const given = givenDatabase(settings);
  if (given !== undefined) return given;
  const postgres = await EmbeddedPostgres.start(join(dataDir, 'postgres'), {
    report: (sentence) => {
      log.error(sentence);
    },
  });
  started.push(() => postgres.stop());
  return postgres.connection;
}

async function migrated(connection: Connection, settings: Settings, log: Logger): Promise<void> {
  const tell = (sentence: string) => {
    log.warn(sentence);
  };
  if (settings.SLIPWAY_MIGRATE === 'off') {
    await untilMigrated(connection, tell);
    return;
  }
  const names = await migrateOnceThere(connection, tell);
  if (names.length > 0) log.info({ migrations: names }, 'migrated the database');
}

async function closed(app: NestFastifyApplication, patience: number): Promise<void> {
  const impatient = setTimeout(() => {
    app.getHttpServer().closeAllConnections();
  }, patience);
  await app.close();
  clearTimeout(impatient);
}
