import type { Browser } from 'playwright-core';
import { describeWith } from '../../server/test/needs.ts';
import { startSlipway, type Slipway } from '../../server/test/slipway.ts';
import { startProvider, type TestProvider } from '../../server/test/ways-in/provider.ts';
import { startBrowser, Visit } from './browser.ts';

describeWith({ tools: ['chromium'] }, 'the page, where people sign in with a provider', () => {
  let provider: TestProvider;
  let slipway: Slipway;
  let browser: Browser;
  let visit: Visit;

  beforeAll(async () => {
    provider = await startProvider();
    slipway = await startSlipway({
      env: {
        SLIPWAY_OIDC_ISSUER: provider.url,
        SLIPWAY_OIDC_CLIENT_ID: provider.clientId,
        SLIPWAY_OIDC_CLIENT_SECRET: provider.clientSecret,
        SLIPWAY_OIDC_NAME: 'Acme',
      },
    });
    provider.register(`${slipway.url}/auth/oidc/callback`);
    browser = await startBrowser();
  }, 120_000);
  afterAll(async () => {
    await browser.close();
    await slipway.stop();
    await provider.stop();
  });
  beforeEach(async () => {
    visit = await Visit.begin(browser, slipway.url);
  });
  afterEach(async () => {
    expect(visit.faults).toEqual([]);
    await visit.end();
  });

  it('takes them there and back, to where they wanted to go', async () => {
    provider.person = { sub: 'ada', preferred_username: 'ada', name: 'Ada Lovelace' };
    await visit.page.goto('/account');
    await visit.page.getByRole('link', { name: 'Sign in with Acme' }).click();
    await visit.page.getByRole('button', { name: /account and more/ }).waitFor();
    await visit.settled();
    expect(new URL(visit.page.url()).pathname).toBe('/account');
    expect(await visit.violations()).toEqual([]);
  });

  it('tells whom the provider does not let in why, and how to go on', async () => {
    provider.person = undefined;
    await visit.page.goto('/sign-in');
    await visit.page.getByRole('link', { name: 'Sign in with Acme' }).click();
    await visit.page.getByText('Acme has not signed you in: access_denied').waitFor();
    expect(await visit.violations()).toEqual([]);
    await visit.page.getByRole('link', { name: 'Try again' }).click();
    await visit.page.getByRole('link', { name: 'Sign in with Acme' }).waitFor();
  });
});
