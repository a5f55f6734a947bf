import { type DynamicModule, Module } from '@nestjs/common';
import { APP_FILTER } from '@nestjs/core';
import { Resources } from '@slipway/registry';
import type { Logger } from 'pino';
import { API_CONTROLLERS, type ApiParts, apiProviders } from './api/api.ts';
import { Authentication } from './auth/authentication.ts';
import { SignIn } from './auth/sign-in.ts';
import { TokenController } from './auth/token.controller.ts';
import { Tokens } from './auth/tokens.ts';
import { HealthController } from './health.controller.ts';
import { Metrics } from './metrics.ts';
import { READINESS, type Readiness } from './readiness.ts';
import { LOG, RegistryErrorFilter } from './registry-error.filter.ts';

/** What the controllers need, made before the app. */
export interface Parts extends ApiParts {
  readonly authentication: Authentication;
  readonly log: Logger;
  readonly metrics: Metrics;
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
      controllers: [HealthController, TokenController, ...API_CONTROLLERS],
      providers: [
        ...apiProviders(parts),
        { provide: Authentication, useValue: parts.authentication },
        { provide: LOG, useValue: parts.log },
        { provide: Metrics, useValue: parts.metrics },
        { provide: READINESS, useValue: parts.readiness },
        { provide: Resources, useValue: parts.resources },
        { provide: SignIn, useValue: parts.signIn },
        { provide: Tokens, useValue: parts.tokens },
        { provide: APP_FILTER, useClass: RegistryErrorFilter },
      ],
    };
  }
}
