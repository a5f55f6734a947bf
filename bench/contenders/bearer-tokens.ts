/** Tokens from the endpoint that the registry's challenge names, one for each scope, asked anew well before they expire. */
export function bearerTokens(
  url: string,
  { username, password }: { readonly username: string; readonly password: string },
): (scope: string) => Promise<string> {
  const fetched = new Map<string, { readonly header: Promise<string>; readonly until: number }>();

  const askForToken = async (scope: string): Promise<string> => {
    const ping = await fetch(`${url}/v2/`);
    const challenge = ping.headers.get('www-authenticate') ?? '';
    const endpoint = new URL(parameter(challenge, 'realm'), url);
    endpoint.searchParams.set('service', parameter(challenge, 'service'));
    endpoint.searchParams.set('scope', scope);
    const authorization = `Basic ${Buffer.from(`${username}:${password}`).toString('base64')}`;
    const response = await fetch(endpoint, { headers: { authorization } });
    if (!response.ok) throw new Error(`${endpoint.href} answered ${response.status}`);
    const { token } = (await response.json()) as { token: string };
    return `Bearer ${token}`;
  };

  return async (scope) => {
    const known = fetched.get(scope);
    if (known !== undefined && known.until > Date.now()) return known.header;
    const header = askForToken(scope);
    fetched.set(scope, { header, until: Date.now() + 45_000 });
    return header;
  };
}

function parameter(challenge: string, name: string): string {
  const value = new RegExp(`${name}="([^"]*)"`, 'i').exec(challenge)?.[1];
  if (value === undefined) throw new Error(`the challenge "${challenge}" has no ${name}`);
  return value;
}
