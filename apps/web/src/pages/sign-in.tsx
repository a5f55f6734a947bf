import { useRouter, useSearch } from '@tanstack/react-router';
import { useSession, useWays } from '../api/session.ts';
import { buttonLook } from '../parts/button.tsx';
import { Form, TextField } from '../parts/form.tsx';
import { Card, Page } from '../parts/page.tsx';
import { Answered } from '../parts/states.tsx';

export function SignIn() {
  const { to = '/' } = useSearch({ from: '/sign-in' });
  const { signIn } = useSession();
  const router = useRouter();
  const ways = useWays();
  // A path of this page and nothing else: where a link leads that somebody sent is not for them to say.
  const next = /^\/(?![/\\])/.test(to) ? to : '/';
  return (
    <div className="mx-auto mt-6 max-w-sm">
      <Page title="Sign in">
        <Card>
          <Answered of={ways} lines={3}>
            {({ openIdConnect }) => (
              <div className="space-y-5">
                {openIdConnect !== undefined && (
                  <>
                    <a
                      className={`${buttonLook('strong')} w-full`}
                      href={`${openIdConnect.path}?return_to=${encodeURIComponent(next)}`}
                    >
                      Sign in with {openIdConnect.name}
                    </a>
                    <p className="text-center text-sm text-faint">or with a password</p>
                  </>
                )}
                <Form
                  submit="Sign in"
                  look={openIdConnect === undefined ? 'strong' : 'plain'}
                  onSubmit={async ({ username = '', password = '' }) => {
                    await signIn(username, password);
                    router.history.push(next);
                  }}
                >
                  <TextField
                    label="Username"
                    name="username"
                    autoComplete="username"
                    required
                    autoFocus
                  />
                  <TextField
                    label="Password"
                    name="password"
                    type="password"
                    autoComplete="current-password"
                    required
                  />
                </Form>
              </div>
            )}
          </Answered>
        </Card>
        <p className="mt-4 text-sm text-faint">
          No account yet? Whoever administers this registry can invite you. With docker, sign in by{' '}
          <code className="font-mono text-[13px]">docker login {location.host}</code>.
        </p>
      </Page>
    </div>
  );
}
