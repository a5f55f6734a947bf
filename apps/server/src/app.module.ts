import { type DynamicModule, Module } from '@nestjs/common';
import { APP_FILTER } from '@nestjs/core';
import { AuditLog, Resources } from '@slipway/registry';
import type { Logger } from 'pino';
import { API_CONTROLLERS, type ApiParts, apiProviders } from './api/api.ts';
import { Authentication } from './auth/authentication.ts';
import { KeysController } from './auth/keys.controller.ts';
import { SignIn } from './auth/sign-in.ts';
import { TokenController } from './auth/token.controller.ts';
import { Tokens } from './auth/tokens.ts';
import { HealthController } from './health.controller.ts';
import { Metrics } from './metrics.ts';
import { RateLimits } from './rate-limits.ts';
import { READINESS, type Readiness } from './readiness.ts';
import { LOG, RegistryErrorFilter } from './registry-error.filter.ts';

/** What the controllers need, made before the app. */
export interface Parts extends ApiParts {
  readonly audit: AuditLog;
  readonly authentication: Authentication;
  readonly log: Logger;
  readonly metrics: Metrics;
  readonly rateLimits: RateLimits;
  readonly readiness: Readiness;
  readonly resources: Resources;
  readonly signIn: SignIn;
  readonly tokens: Tokens;
}

@Module({})
export class AppModule {
  static over(parts: Parts): DynamicModule {
    return {
      module: AppModule,
      controllers: [HealthController, KeysController, TokenController, ...API_CONTROLLERS],
      providers: [
        ...apiProviders(parts),
        { provide: AuditLog, useValue: parts.audit },
        { provide: Authentication, useValue: parts.authentication },
        { provide: LOG, useValue: parts.log },
        { provide: Metrics, useValue: parts.metrics },
        { provide: RateLimits, useValue: parts.rateLimits },
        { provide: READINESS, useValue: parts.readiness },
        { provide: Resources, useValue: parts.resources },
        { provide: SignIn, useValue: parts.signIn },
        { provide: Tokens, useValue: parts.tokens },
        { provide: APP_FILTER, useClass: RegistryErrorFilter },
      ],
    };
  }
}
