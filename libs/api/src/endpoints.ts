import { ACCOUNT } from './account.ts';
import { ACCOUNTS } from './accounts.ts';
import { AUDIT } from './audit.ts';
import { DOCTOR } from './doctor.ts';
import { DOCUMENT } from './document.ts';
import type { Endpoint } from './endpoint.ts';
import { FILES } from './files.ts';
import { GRANTS } from './grants.ts';
import { IMAGES } from './images.ts';
import { KEYS } from './keys.ts';
import { LEDGER } from './ledger.ts';
import { LINKS } from './links.ts';
import { ORGANISATIONS } from './organisations.ts';
import { QUOTAS } from './quotas.ts';
import { REPOSITORIES } from './repositories.ts';
import { RETENTION } from './retention.ts';
import { ROBOTS } from './robots.ts';
import { SESSIONS } from './sessions.ts';
import { TAG_RULES } from './tag-rules.ts';
import { TAGS } from './tags.ts';
import { TEAMS } from './teams.ts';
import { TOKENS } from './tokens.ts';
import { TRASH } from './trash.ts';
import { WEBHOOKS } from './webhooks.ts';
import { WHY } from './why.ts';

/** Everything that can be asked under `/api/v1`. */
export const ENDPOINTS: readonly Endpoint[] = [
  ...ACCOUNT,
  ...TOKENS,
  ...SESSIONS,
  ...ORGANISATIONS,
  ...TEAMS,
  ...GRANTS,
  ...ROBOTS,
  ...REPOSITORIES,
  ...TAGS,
  ...TAG_RULES,
  ...RETENTION,
  ...QUOTAS,
  ...WEBHOOKS,
  ...TRASH,
  ...IMAGES,
  ...FILES,
  ...WHY,
  ...ACCOUNTS,
  ...AUDIT,
  ...LEDGER,
  ...DOCTOR,
  ...KEYS,
  ...LINKS,
  ...DOCUMENT,
];
