import { z } from 'zod';
import { endpoint } from './endpoint.ts';

export const showDocument = endpoint({
  id: 'document.show',
  method: 'GET',
  path: '/openapi.json',
  words: 'document show',
  summary: 'This API as an OpenAPI document',
  access: { of: 'anybody' },
  answer: z.record(z.string(), z.unknown()),
  example: { answer: { openapi: '3.1.0' } },
});

export const DOCUMENT = [showDocument];
