import { z } from 'zod';
import { endpoint } from './endpoint.ts';

const finding = z
  .object({
    check: z.string(),
    ok: z.boolean(),
    finding: z.string(),
    fix: z.string().optional().describe('What to do about it.'),
  })
  .meta({ id: 'Finding' });

export const examine = endpoint({
  id: 'doctor.examine',
  method: 'GET',
  path: '/doctor',
  words: 'doctor',
  summary: 'Check what this server depends on, and say what to mend',
  description:
    'Settings; database, its rights, durability, connections and clock; storage; disk space; the public URL, and whether an upload that is begun there is led on; the TLS certificates. What it makes to see that, it removes again. A terminal ends with 1 when something is not well.',
  access: { of: 'site' },
  answer: z.object({ items: z.array(finding) }),
  isSound: ({ items }) => items.every(({ ok }) => ok),
  example: {
    answer: {
      items: [
        { check: 'database', ok: true, finding: 'Postgres 18.4 answers' },
        {
          check: 'clock',
          ok: false,
          finding: "this machine's and the database's are 42 s apart",
          fix: 'set both by NTP (timedatectl set-ntp true)',
        },
      ],
    },
  },
});

export const DOCTOR = [examine];
