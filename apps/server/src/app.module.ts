import { type DynamicModule, Module } from '@nestjs/common';
import { APP_FILTER } from '@nestjs/core';
import { AuditLog, Resources, Sessions } from '@slipway/registry';
import type { Logger } from 'pino';
import { API_CONTROLLERS, type ApiParts, apiProviders } from './api/api.ts';
import { Authentication } from './auth/authentication.ts';
import { KeysController } from './auth/keys.controller.ts';
import { type OpenIdConnect, OPENID_CONNECT } from './auth/openid-connect.ts';
import { OpenIdConnectController } from './auth/openid-connect.controller.ts';
import { Sealed } from './auth/sealed.ts';
import { SessionController } from './auth/session.controller.ts';
import { SignIn } from './auth/sign-in.ts';
import { TokenController } from './auth/token.controller.ts';
import { Tokens } from './auth/tokens.ts';
import { Site } from './auth/site.ts';
import { WebSessions } from './auth/web-sessions.ts';
import { Doctor } from './doctor/doctor.ts';
import { HealthController } from './health.controller.ts';
import { Metrics } from './metrics.ts';
import { RateLimits } from './rate-limits.ts';
import { READINESS, type Readiness } from './readiness.ts';
import { LOG, RegistryErrorFilter } from './registry-error.filter.ts';
import type { Tracing } from './tracing/tracing.ts';

/** What the controllers need, made before the app. */
export interface Parts extends ApiParts {
  readonly audit: AuditLog;
  readonly authentication: Authentication;
  readonly log: Logger;
  readonly metrics: Metrics;
  readonly rateLimits: RateLimits;
  /** `undefined` where nobody signs in with a provider. */
  readonly openIdConnect: OpenIdConnect | undefined;
  readonly readiness: Readiness;
  readonly resources: Resources;
  readonly sealed: Sealed;
  readonly sessions: Sessions;
  readonly signIn: SignIn;
  readonly site: Site;
  readonly tokens: Tokens;
  /** `undefined` where nothing is traced. */
  readonly tracing: Tracing | undefined;
  readonly webSessions: WebSessions;
}

/** What the app makes of its parts for them. */
export interface Made {
  readonly doctor: Doctor;
}

@Module({})
export class AppModule {
  static over(parts: Parts, { doctor }: Made): DynamicModule {
    return {
      module: AppModule,
      controllers: [
        HealthController,
        KeysController,
        OpenIdConnectController,
        SessionController,
        TokenController,
        ...API_CONTROLLERS,
      ],
      providers: [
        ...apiProviders(parts),
        { provide: AuditLog, useValue: parts.audit },
        { provide: Authentication, useValue: parts.authentication },
        { provide: Doctor, useValue: doctor },
        { provide: LOG, useValue: parts.log },
        { provide: Metrics, useValue: parts.metrics },
        { provide: RateLimits, useValue: parts.rateLimits },
        { provide: OPENID_CONNECT, useValue: parts.openIdConnect },
        { provide: READINESS, useValue: parts.readiness },
        { provide: Resources, useValue: parts.resources },
        { provide: Sealed, useValue: parts.sealed },
        { provide: Sessions, useValue: parts.sessions },
        { provide: SignIn, useValue: parts.signIn },
        { provide: Site, useValue: parts.site },
        { provide: Tokens, useValue: parts.tokens },
        { provide: WebSessions, useValue: parts.webSessions },
        { provide: APP_FILTER, useClass: RegistryErrorFilter },
      ],
    };
  }
}
