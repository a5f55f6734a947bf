/**
 * Who gets which answer, written down by hand from docs/access.md and the rules, not from the code.
 *
 * - `ok`     allowed; what comes then is what the endpoint says of a thing that is, or is not, there
 * - `no`     403 DENIED: it is known who asks, and they may not
 * - `login`  401 with a challenge that blames nothing: sign in
 * - `scope`  401 with `insufficient_scope`: the registry token was issued for less
 * - `bad`    401: these credentials are none, or none any more
 *
 * Repositories: `private` and `public` have an image, `absent` is not there; pushes may create it.
 */
const TABLES = [
  {
    credentials: [
      'password',
      'whole access token',
      'registry token of password',
      'registry token of whole',
    ],
    answers: `
      role           private              public               absent               /v2/   catalog  token
                     pull  push  delete   pull  push  delete   pull  push  delete
      none           no    no    no       ok    no    no       no    no    no       ok     ok       ok
      pull           ok    no    no       ok    no    no       ok    no    no       ok     ok       ok
      push           ok    ok    no       ok    ok    no       ok    ok    no       ok     ok       ok
      maintain       ok    ok    ok       ok    ok    ok       ok    ok    ok       ok     ok       ok
      admin          ok    ok    ok       ok    ok    ok       ok    ok    ok       ok     ok       ok
      owner          ok    ok    ok       ok    ok    ok       ok    ok    ok       ok     ok       ok
      member         no    no    no       ok    no    no       no    no    no       ok     ok       ok
      outsider       no    no    no       ok    no    no       no    no    no       ok     ok       ok
      administrator  ok    ok    ok       ok    ok    ok       ok    ok    ok       ok     ok       ok`,
  },
  {
    // Issued for pulls in this organisation alone.
    credentials: ['scoped access token', 'registry token of scoped'],
    answers: `
      role           private              public               absent               /v2/   catalog  token
                     pull  push  delete   pull  push  delete   pull  push  delete
      none           no    no    no       ok    no    no       no    no    no       ok     ok       ok
      pull           ok    no    no       ok    no    no       ok    no    no       ok     ok       ok
      push           ok    no    no       ok    no    no       ok    no    no       ok     ok       ok
      maintain       ok    no    no       ok    no    no       ok    no    no       ok     ok       ok
      admin          ok    no    no       ok    no    no       ok    no    no       ok     ok       ok
      owner          ok    no    no       ok    no    no       ok    no    no       ok     ok       ok
      member         no    no    no       ok    no    no       no    no    no       ok     ok       ok
      outsider       no    no    no       ok    no    no       no    no    no       ok     ok       ok
      administrator  ok    no    no       ok    no    no       ok    no    no       ok     ok       ok`,
  },
  {
    credentials: [
      'access token elsewhere', // issued for another organisation's repositories
    ],
    answers: `
      role           private              public               absent               /v2/   catalog  token
                     pull  push  delete   pull  push  delete   pull  push  delete
      none           no    no    no       no    no    no       no    no    no       ok     ok       ok
      pull           no    no    no       no    no    no       no    no    no       ok     ok       ok
      push           no    no    no       no    no    no       no    no    no       ok     ok       ok
      maintain       no    no    no       no    no    no       no    no    no       ok     ok       ok
      admin          no    no    no       no    no    no       no    no    no       ok     ok       ok
      owner          no    no    no       no    no    no       no    no    no       ok     ok       ok
      member         no    no    no       no    no    no       no    no    no       ok     ok       ok
      outsider       no    no    no       no    no    no       no    no    no       ok     ok       ok
      administrator  no    no    no       no    no    no       no    no    no       ok     ok       ok`,
  },
  {
    // A registry token that was asked for to pull the private repository, and for nothing else.
    credentials: ['registry token for one pull'],
    answers: `
      role           private              public               absent               /v2/   catalog  token
                     pull  push  delete   pull  push  delete   pull  push  delete
      none           no    no    no       scope no    no       no    no    no       ok     scope    ok
      pull           ok    no    no       scope no    no       scope no    no       ok     scope    ok
      push           ok    scope no       scope scope no       scope scope no       ok     scope    ok
      maintain       ok    scope scope    scope scope scope    scope scope scope    ok     scope    ok
      admin          ok    scope scope    scope scope scope    scope scope scope    ok     scope    ok
      owner          ok    scope scope    scope scope scope    scope scope scope    ok     scope    ok
      member         no    no    no       scope no    no       no    no    no       ok     scope    ok
      outsider       no    no    no       scope no    no       no    no    no       ok     scope    ok
      administrator  ok    scope scope    scope scope scope    scope scope scope    ok     scope    ok`,
  },
  {
    credentials: [
      'wrong password',
      'expired access token',
      'revoked access token',
      'registry token of revoked',
      'refresh token as a registry token',
      'password of disabled',
      'access token of disabled',
      'registry token of disabled',
    ],
    answers: `
      role           private              public               absent               /v2/   catalog  token
                     pull  push  delete   pull  push  delete   pull  push  delete
      none           bad   bad   bad      bad   bad   bad      bad   bad   bad      bad    bad      bad
      pull           bad   bad   bad      bad   bad   bad      bad   bad   bad      bad    bad      bad
      push           bad   bad   bad      bad   bad   bad      bad   bad   bad      bad    bad      bad
      maintain       bad   bad   bad      bad   bad   bad      bad   bad   bad      bad    bad      bad
      admin          bad   bad   bad      bad   bad   bad      bad   bad   bad      bad    bad      bad
      owner          bad   bad   bad      bad   bad   bad      bad   bad   bad      bad    bad      bad
      member         bad   bad   bad      bad   bad   bad      bad   bad   bad      bad    bad      bad
      outsider       bad   bad   bad      bad   bad   bad      bad   bad   bad      bad    bad      bad
      administrator  bad   bad   bad      bad   bad   bad      bad   bad   bad      bad    bad      bad`,
  },
  {
    credentials: ['robot secret', 'registry token of robot'],
    answers: `
      role            private              public               absent               /v2/   catalog  token
                      pull  push  delete   pull  push  delete   pull  push  delete
      robot:none      no    no    no       ok    no    no       no    no    no       ok     ok       ok
      robot:pull      ok    no    no       ok    no    no       ok    no    no       ok     ok       ok
      robot:push      ok    ok    no       ok    ok    no       ok    ok    no       ok     ok       ok
      robot:maintain  ok    ok    ok       ok    ok    ok       ok    ok    ok       ok     ok       ok
      robot:admin     ok    ok    ok       ok    ok    ok       ok    ok    ok       ok     ok       ok`,
  },
  {
    credentials: [
      'expired robot secret',
      'robot secret of disabled',
      'registry token of disabled robot',
    ],
    answers: `
      role            private              public               absent               /v2/   catalog  token
                      pull  push  delete   pull  push  delete   pull  push  delete
      robot:none      bad   bad   bad      bad   bad   bad      bad   bad   bad      bad    bad      bad
      robot:pull      bad   bad   bad      bad   bad   bad      bad   bad   bad      bad    bad      bad
      robot:push      bad   bad   bad      bad   bad   bad      bad   bad   bad      bad    bad      bad
      robot:maintain  bad   bad   bad      bad   bad   bad      bad   bad   bad      bad    bad      bad
      robot:admin     bad   bad   bad      bad   bad   bad      bad   bad   bad      bad    bad      bad`,
  },
  {
    credentials: ['no credentials'],
    answers: `
      role           private              public               absent               /v2/   catalog  token
                     pull  push  delete   pull  push  delete   pull  push  delete
      anonymous      login login login    ok    login login    login login login    login  login    ok`,
  },
  {
    credentials: ['anonymous registry token'],
    answers: `
      role           private              public               absent               /v2/   catalog  token
                     pull  push  delete   pull  push  delete   pull  push  delete
      anonymous      scope scope scope    ok    scope scope    scope scope scope    login  scope    ok`,
  },
] as const;

/** What an endpoint says to who is allowed: of a thing that is there, and in a repository that is not. */
const ALLOWED = `
  method  path                                                    action  there  absent
  GET     /:name/blobs/:digest                                    pull    200    404
  HEAD    /:name/blobs/:digest                                    pull    200    404
  GET     /:name/manifests/:reference                             pull    200    404
  HEAD    /:name/manifests/:reference                             pull    200    404
  GET     /:name/tags/list                                        pull    200    404
  GET     /:name/referrers/:digest                                pull    200    200
  POST    /:name/blobs/uploads                                    push    202    202
  PATCH   /:name/blobs/uploads/:session                           push    404    404
  PUT     /:name/blobs/uploads/:session                           push    404    404
  PUT     /:name/manifests/:reference                             push    400    400
  GET     /:name/blobs/uploads/:session                           push    404    404
  DELETE  /:name/blobs/uploads/:session                           push    404    404
  DELETE  /:name/manifests/:reference                             delete  404    404
  DELETE  /:name/blobs/:digest                                    delete  404    404`;

type Word = 'ok' | 'no' | 'login' | 'scope' | 'bad';

const VISIBILITIES = ['private', 'public', 'absent'] as const;
const ACTIONS = ['pull', 'push', 'delete'] as const;
export const SITE = ['/v2/', 'catalog', 'token'] as const;

export interface Row {
  readonly role: string;
  readonly credential: string;
  /** By `private pull`, … and `/v2/`, `catalog`, `token`. */
  readonly words: ReadonlyMap<string, Word>;
}

export const COLUMNS: readonly string[] = [
  ...VISIBILITIES.flatMap((visibility) => ACTIONS.map((action) => `${visibility} ${action}`)),
  ...SITE,
];

export const ROWS: readonly Row[] = TABLES.flatMap(({ credentials, answers }) =>
  answers
    .trim()
    .split('\n')
    .slice(2)
    .flatMap((line) => {
      const [role = '', ...words] = line.trim().split(/ +/);
      if (words.length !== COLUMNS.length) throw new Error(`a cell is missing in: ${line}`);
      const byColumn = new Map(words.map((word, n) => [COLUMNS[n] ?? '', word as Word]));
      return credentials.map((credential) => ({ role, credential, words: byColumn }));
    }),
);

export const ENDPOINT_ROWS = ALLOWED.trim()
  .split('\n')
  .slice(1)
  .map((line) => {
    const [method = '', path = '', action = '', there, absent] = line.trim().split(/ +/);
    return { method, path, action, there: Number(there), absent: Number(absent) };
  });
