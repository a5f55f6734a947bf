import {
  createRootRoute,
  createRoute,
  createRouter,
  lazyRouteComponent,
  parseSearchWith,
  redirect,
  stringifySearchWith,
} from '@tanstack/react-router';
import { remembered } from './api/queries.ts';
import { whoIsHere } from './api/session.ts';
import { Refused } from './parts/states.tsx';
import { NotFound } from './pages/not-found.tsx';
import { Shell } from './shell/shell.tsx';

type Search = Readonly<Record<string, unknown>>;

/** Of what stands behind the `?` of an address, these, where they are there. */
const texts =
  <Known extends string>(...names: readonly Known[]) =>
  (search: Search): Readonly<Partial<Record<Known, string | undefined>>> =>
    Object.fromEntries(
      names.flatMap((name) => {
        const value = search[name];
        return typeof value === 'string' && value !== '' ? [[name, value]] : [];
      }),
    ) as Readonly<Partial<Record<Known, string>>>;

const root = createRootRoute({
  component: Shell,
  notFoundComponent: NotFound,
  errorComponent: ({ error }) => <Refused error={error as Error} />,
});

/** For people who have signed in; others do so first, and come back. */
const signedIn = async ({ location }: { readonly location: { readonly href: string } }) => {
  const visitor = await remembered.query({
    queryKey: ['session'],
    queryFn: whoIsHere,
    staleTime: 300_000,
  });
  // eslint-disable-next-line @typescript-eslint/only-throw-error -- how the router is told
  if (visitor === null) throw redirect({ to: '/sign-in', search: { to: location.href } });
};

const home = createRoute({
  getParentRoute: () => root,
  path: '/',
  beforeLoad: signedIn,
  component: lazyRouteComponent(async () => import('./pages/home.tsx'), 'Home'),
});
const signIn = createRoute({
  getParentRoute: () => root,
  path: '/sign-in',
  validateSearch: texts('to'),
  component: lazyRouteComponent(async () => import('./pages/sign-in.tsx'), 'SignIn'),
});
const search = createRoute({
  getParentRoute: () => root,
  path: '/search',
  validateSearch: texts('q'),
  component: lazyRouteComponent(async () => import('./pages/search.tsx'), 'SearchPage'),
});
const place = createRoute({
  getParentRoute: () => root,
  path: '/r/$',
  validateSearch: texts(
    ...(['view', 'q', 'sort', 'platform', 'from', 'to', 'tag'] as const),
    ...(['path', 'file', 'layer'] as const),
  ),
  component: lazyRouteComponent(async () => import('./pages/place.tsx'), 'PlacePage'),
});
const namespace = createRoute({
  getParentRoute: () => root,
  path: '/n/$namespace',
  validateSearch: texts('view'),
  beforeLoad: signedIn,
  component: lazyRouteComponent(async () => import('./pages/namespace.tsx'), 'NamespacePage'),
});
const organisations = createRoute({
  getParentRoute: () => root,
  path: '/organisations',
  beforeLoad: signedIn,
  component: lazyRouteComponent(
    async () => import('./pages/organisations.tsx'),
    'OrganisationsPage',
  ),
});
const account = createRoute({
  getParentRoute: () => root,
  path: '/account',
  validateSearch: texts('view'),
  beforeLoad: signedIn,
  component: lazyRouteComponent(async () => import('./pages/account.tsx'), 'AccountPage'),
});
const admin = createRoute({
  getParentRoute: () => root,
  path: '/admin',
  validateSearch: texts('view', 'q', 'actor', 'action'),
  beforeLoad: signedIn,
  component: lazyRouteComponent(async () => import('./pages/admin.tsx'), 'AdminPage'),
});

export const router = createRouter({
  routeTree: root.addChildren([
    home,
    signIn,
    search,
    place,
    namespace,
    organisations,
    account,
    admin,
  ]),
  // A tag that is called 1.0 is no number.
  parseSearch: parseSearchWith((text) => text),
  stringifySearch: stringifySearchWith((value) => String(value)),
  defaultPreload: 'intent',
  scrollRestoration: true,
});

declare module '@tanstack/react-router' {
  interface Register {
    router: typeof router;
  }
}
