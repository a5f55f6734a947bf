import {
  type CallHandler,
  type ExecutionContext,
  Inject,
  Injectable,
  type NestInterceptor,
} from '@nestjs/common';
import { type Asked, changes, type Endpoint } from '@slipway/api';
import { Metadata } from '@slipway/metadata';
import { ANONYMOUS, type Identity, type Resource } from '@slipway/registry';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { lastValueFrom, type Observable, of } from 'rxjs';
import { Admission } from './admission.ts';
import { readAsked, withoutSecrets } from './asked.ts';
import { Asker } from './asker.ts';
import { askingOf } from './by.ts';
import { endpointOf, setCall } from './call.ts';
import { outcomeOf } from './problems.ts';
import { type Witness, WITNESS } from './witness.ts';

/** What is known of a call so far, for the witness. */
interface Progress {
  identity: Identity;
  resource: Resource | undefined;
  asked: Asked<Endpoint> | undefined;
}

/**
 * Before and behind every endpoint of the management API, in this order: who asks, what they ask, whether they
 * may; then what the endpoint does, that rights may have changed, the witness, and the answer in its shape.
 */
@Injectable()
export class Gate implements NestInterceptor {
  readonly #admission: Admission;
  readonly #asker: Asker;
  readonly #metadata: Metadata;
  readonly #witness: Witness;

  constructor(
    @Inject(Admission) admission: Admission,
    @Inject(Asker) asker: Asker,
    @Inject(Metadata) metadata: Metadata,
    @Inject(WITNESS) witness: Witness,
  ) {
    this.#admission = admission;
    this.#asker = asker;
    this.#metadata = metadata;
    this.#witness = witness;
  }

  async intercept(context: ExecutionContext, next: CallHandler): Promise<Observable<unknown>> {
    const endpoint = endpointOf(context.getHandler());
    const http = context.switchToHttp();
    const request = http.getRequest<FastifyRequest>();
    const reply = http.getResponse<FastifyReply>().header('Cache-Control', 'no-store');
    const progress: Progress = { identity: ANONYMOUS, resource: undefined, asked: undefined };
    let answer: unknown;
    try {
      await this.#admit(endpoint, request, reply, progress);
      answer = await lastValueFrom(next.handle(), { defaultValue: undefined });
    } catch (error) {
      await this.#witnessed(endpoint, request, progress, outcomeOf(error));
      throw error;
    }
    await this.#witnessed(endpoint, request, progress, { outcome: 'done', reason: undefined });
    return of(endpoint.answer.encode(answer));
  }

  async #admit(
    endpoint: Endpoint,
    request: FastifyRequest,
    reply: FastifyReply,
    progress: Progress,
  ): Promise<void> {
    progress.identity = await this.#asker.of(request, reply);
    this.#admission.requireSignIn(endpoint, progress.identity);
    progress.asked = readAsked(endpoint, request);
    const { identity, asked } = progress;
    const needed = await this.#admission.needed(endpoint, asked, identity);
    progress.resource = needed?.resource;
    if (needed !== undefined) this.#admission.admit(endpoint, asked, identity, needed);
    setCall({ ...asked, identity, request, resource: progress.resource });
  }

  async #witnessed(
    endpoint: Endpoint,
    request: FastifyRequest,
    { identity, resource, asked }: Progress,
    outcome: {
      readonly outcome: 'done' | 'refused' | 'failed';
      readonly reason: string | undefined;
    },
  ): Promise<void> {
    if (!changes(endpoint)) return;
    // What was half done before it failed may have changed rights too.
    this.#metadata.access.changed();
    await this.#witness.see({
      endpoint,
      identity,
      resource,
      ...outcome,
      detail: asked === undefined ? {} : withoutSecrets(endpoint, asked),
      ...askingOf(request),
    });
  }
}
