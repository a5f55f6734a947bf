import { type DynamicModule, Module } from '@nestjs/common';
import { APP_FILTER } from '@nestjs/core';
import type { Logger } from 'pino';
import { Authentication } from './auth/authentication.ts';
import { Passwords } from './auth/passwords.ts';
import { TokenController } from './auth/token.controller.ts';
import { Tokens } from './auth/tokens.ts';
import { HealthController } from './health.controller.ts';
import { Metrics } from './metrics.ts';
import { READINESS, type Readiness } from './readiness.ts';
import { LOG, RegistryErrorFilter } from './registry-error.filter.ts';

/** What the controllers need, made before the app. */
export interface Parts {
  readonly authentication: Authentication;
  readonly log: Logger;
  readonly metrics: Metrics;
  readonly passwords: Passwords;
  readonly readiness: Readiness;
  readonly tokens: Tokens;
}

@Module({})
export class AppModule {
  static over(parts: Parts): DynamicModule {
    return {
      module: AppModule,
      controllers: [HealthController, TokenController],
      providers: [
        { provide: Authentication, useValue: parts.authentication },
        { provide: LOG, useValue: parts.log },
        { provide: Metrics, useValue: parts.metrics },
        { provide: Passwords, useValue: parts.passwords },
        { provide: READINESS, useValue: parts.readiness },
        { provide: Tokens, useValue: parts.tokens },
        { provide: APP_FILTER, useClass: RegistryErrorFilter },
      ],
    };
  }
}
