import { z } from 'zod';

/** One thing that is wrong with a request. */
const fault = z.object({
  in: z.enum(['parameters', 'query', 'body']),
  /** Where there: `scopes.0.actions`; '' for the whole. */
  path: z.string(),
  message: z.string(),
});

/** Every refusal and every failure (RFC 9457, `application/problem+json`). */
export const problem = z
  .object({
    type: z.string().describe('A stable name of the kind of problem, relative to the document.'),
    reason: z.string().describe('The last part of `type`.'),
    title: z.string().describe('What the status means.'),
    status: z.number().int(),
    detail: z.string().describe('What is wrong with this request, and what would be right.'),
    faults: z
      .array(fault)
      .optional()
      .describe('All that is wrong with parameters, query and body.'),
    requestId: z.string().describe("What the server's log knows the request by."),
  })
  .meta({ id: 'Problem', description: 'Why something is refused, or failed (RFC 9457).' });

export type Problem = z.infer<typeof problem>;
export type Fault = z.infer<typeof fault>;
