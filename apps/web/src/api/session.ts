import { useQuery, useQueryClient } from '@tanstack/react-query';
import { Refusal, send } from './ask.ts';

/** Who is signed in. */
export interface Visitor {
  readonly kind: string;
  readonly name: string;
  readonly administrator: boolean;
}

interface Ways {
  readonly password: boolean;
  readonly openIdConnect?: { readonly name: string; readonly path: string };
}

const KEY = ['session'];

export async function whoIsHere(): Promise<Visitor | null> {
  try {
    return (await send('GET', '/session')) as Visitor;
  } catch (error) {
    if (error instanceof Refusal && error.status === 401) return null;
    throw error;
  }
}

/** Who looks at the page; `null` for nobody that is known, `undefined` before it is known. */
export function useVisitor(): Visitor | null | undefined {
  return useQuery({ queryKey: KEY, queryFn: whoIsHere, staleTime: 300_000 }).data;
}

export function useWays() {
  return useQuery({
    queryKey: ['ways'],
    queryFn: async () => (await send('GET', '/session/ways')) as Ways,
  });
}

/** Signing in and out: all that was known was known to somebody else. */
export function useSession() {
  const client = useQueryClient();
  const become = (visitor: Visitor | null) => {
    client.clear();
    client.setQueryData(KEY, visitor);
  };
  return {
    signIn: async (username: string, password: string) => {
      become((await send('POST', '/session', { username, password })) as Visitor);
    },
    signOut: async () => {
      await send('DELETE', '/session');
      become(null);
    },
  };
}
