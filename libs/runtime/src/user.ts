import { RuntimeError } from './errors.ts';

/** Who a container's program runs as, in the image's own numbers. */
export interface ContainerUser {
  readonly uid: number;
  readonly gid: number;
  readonly additionalGids: readonly number[];
  readonly home: string;
}

/** An image's /etc/passwd and /etc/group. */
export interface Accounts {
  readonly passwd: string;
  readonly group: string;
}

const LARGEST_ID = 2 ** 31 - 1;

/**
 * Reads `user`, `uid`, `user:group` and the like. Names are looked up in the image alone, and digits are never a
 * name: an image could give one such a name and be root by it (CVE-2024-40635, CVE-2026-46680).
 */
export function resolveUser(text: string, { passwd, group }: Accounts): ContainerUser {
  const [userText = '', groupText, ...more] = text.split(':');
  if (more.length > 0) throw unknown(`${JSON.stringify(text)} is not user or user:group`);
  const users = entriesOf(passwd, 6);
  const groups = entriesOf(group, 3);
  const wanted = userText === '' ? '0' : userText;
  const byNumber = /^\d+$/.test(wanted);
  const uid = byNumber ? number(wanted) : undefined;
  const found = users.find(([name, , id]) => (byNumber ? Number(id) === uid : name === wanted));
  if (!byNumber && found === undefined) {
    throw unknown(`the image has no user ${JSON.stringify(wanted)} in its /etc/passwd`);
  }
  const name = found?.[0];
  const home = found?.[5];
  const own = found === undefined ? 0 : number(found[3] ?? '');
  return {
    uid: uid ?? number(found?.[2] ?? ''),
    gid: groupText === undefined || groupText === '' ? own : groupNumber(groupText, groups),
    additionalGids:
      groupText === undefined || groupText === ''
        ? groups
            .filter(
              ([, , , members = '']) => name !== undefined && members.split(',').includes(name),
            )
            .map(([, , id = '']) => number(id))
            .filter((id, at, all) => all.indexOf(id) === at)
        : [],
    home: home === undefined || home === '' ? '/' : home,
  };
}

function groupNumber(text: string, groups: readonly (readonly string[])[]): number {
  if (/^\d+$/.test(text)) return number(text);
  const found = groups.find(([name]) => name === text);
  if (found === undefined) {
    throw unknown(`the image has no group ${JSON.stringify(text)} in its /etc/group`);
  }
  return number(found[2] ?? '');
}

/** Lines of at least `fields` fields whose third is a number; others are comments or broken. */
function entriesOf(text: string, fields: number): readonly (readonly string[])[] {
  return text
    .split('\n')
    .map((line) => line.trim().split(':'))
    .filter((entry) => entry.length >= fields && /^\d+$/.test(entry[2] ?? ''));
}

function number(text: string): number {
  const id = /^\d{1,10}$/.test(text) ? Number(text) : Number.NaN;
  if (id <= LARGEST_ID) return id;
  throw unknown(`${JSON.stringify(text.slice(0, 50))} is not a number from 0 to ${LARGEST_ID}`);
}

const unknown = (message: string): RuntimeError => new RuntimeError('user-unknown', message);
