import { createHash } from 'node:crypto';
import { join } from 'node:path';
import type { Browser } from 'playwright-core';
import { client } from '../../server/test/client.ts';
import { describeWith } from '../../server/test/needs.ts';
import { until } from '../../server/test/resilience/processes.ts';
import { startSlipway, type Slipway } from '../../server/test/slipway.ts';
import { tempFolder, type TempFolder } from '../../server/test/temp-folder.ts';
import { startBrowser, Visit } from './browser.ts';
import { fill, PASSWORD, seeded, type Seeded } from './seeded.ts';

interface List {
  readonly items: readonly unknown[];
}

const HOSTILE = '<img src=x onerror=alert(1)><script>alert(2)</script>"\'`{{7*7}}';

describeWith({ tools: ['chromium', 'crane'] }, 'using the page', () => {
  let slipway: Slipway;
  let folder: TempFolder;
  let browser: Browser;
  let registry: Seeded;
  let visit: Visit;

  beforeAll(async () => {
    folder = await tempFolder('web');
    slipway = await startSlipway();
    browser = await startBrowser();
    registry = await seeded(slipway, folder.path);
    await fill(registry);
  }, 180_000);
  afterAll(async () => {
    await browser.close();
    await slipway.stop();
    await folder.remove();
  });

  beforeEach(async () => {
    visit = await Visit.begin(browser, slipway.url);
  });
  afterEach(async () => {
    expect(visit.faults).toEqual([]);
    await visit.end();
  });

  const asAdmin = () => visit.signIn(slipway.username, slipway.password);

  it('shows who has nothing how to push, and the push as it arrives', async () => {
    await registry.ask('POST', '/accounts', { username: 'newcomer', password: PASSWORD });
    await visit.signIn('newcomer', PASSWORD);
    const { page } = visit;
    // Somebody else's public repository is no reason to say nothing.
    await page.getByRole('heading', { name: 'Push your first image' }).waitFor();
    const login = page.getByLabel('Sign in with your username and password', { exact: true });
    expect(await login.textContent()).toBe(`docker login ${slipway.host} --username newcomer`);
    const crane = client('crane', folder.path, { DOCKER_CONFIG: join(folder.path, 'newcomer') });
    const credentials = ['--username', 'newcomer', '--password', PASSWORD];
    await crane.run(['auth', 'login', slipway.host, ...credentials]);
    await crane.run(['push', join(folder.path, 'layout-1'), registry.remote('newcomer/hello')]);
    const pushed = page.getByRole('link', { name: 'newcomer/hello', exact: true });
    await pushed.waitFor({ timeout: 10_000 });
  });

  it('finds a repository as one types, by keyboard alone', async () => {
    await asAdmin();
    const { page } = visit;
    await page.keyboard.press('/');
    await page.keyboard.type('work');
    await page.getByRole('option', { name: /acme\/worker/ }).waitFor();
    await page.keyboard.press('ArrowDown');
    await page.keyboard.press('Enter');
    await page.getByRole('heading', { level: 1, name: /worker/ }).waitFor();
    expect(new URL(page.url()).pathname).toBe('/r/acme/worker');
    await page.goBack();
    await page.getByRole('heading', { level: 1, name: /Welcome/ }).waitFor();
  });

  it('finds a repository by a label of its image', async () => {
    await asAdmin();
    const { page } = visit;
    const search = page.getByRole('combobox', { name: 'Search repositories' });
    await until('it is learnt', async () => {
      const text = 'image.source=https://git';
      const { items } = (await registry.ask('GET', `/repositories?q=${text}`)) as List;
      return items.length > 0;
    });
    await search.fill('image.source=https://git');
    const option = page.getByRole('option', { name: 'acme/web' });
    await option.getByText('image.source=https://git.example.org/acme/shop').waitFor();
  });

  it('opens a link that somebody was sent, once they have signed in', async () => {
    const { page } = visit;
    await page.goto('/n/acme?view=people');
    await page.getByLabel('Username').fill('ada');
    await page.getByLabel('Password').fill('wrong');
    await page.getByRole('button', { name: 'Sign in', exact: true }).click();
    await page.getByRole('alert').getByText('wrong name or password').waitFor();
    await page.getByLabel('Password').fill(PASSWORD);
    await page.getByRole('button', { name: 'Sign in', exact: true }).click();
    await page.getByRole('cell', { name: 'grace', exact: true }).waitFor();
  });

  it('sends nobody elsewhere after they have signed in', async () => {
    const { page } = visit;
    await page.goto('/sign-in?to=//evil.example/steal');
    await page.getByLabel('Username').fill('ada');
    await page.getByLabel('Password').fill(PASSWORD);
    await page.getByRole('button', { name: 'Sign in', exact: true }).click();
    await page.getByRole('heading', { level: 1, name: /Welcome/ }).waitFor();
  });

  it('forgets whoever signs out', async () => {
    await asAdmin();
    const { page } = visit;
    await page.getByRole('button', { name: /account and more/ }).click();
    await page.getByRole('menuitem', { name: 'Sign out' }).click();
    await page.getByRole('heading', { level: 1, name: 'Sign in' }).waitFor();
    await page.goto('/account');
    await page.getByRole('heading', { level: 1, name: 'Sign in' }).waitFor();
  });

  it('says why something is not shown', async () => {
    await visit.signIn('grace', PASSWORD);
    await visit.page.goto('/r/ada/scratch');
    await visit.page
      .getByText(/there is no repository ada\/scratch, or grace may not see it/)
      .waitFor();
    await visit.page.goto('/admin');
    await visit.page.getByText(/grace does not administer this registry/).waitFor();
  });

  it('shows what is public to whoever comes by', async () => {
    await visit.page.goto('/r/acme/worker');
    await visit.page.getByText('Sends mails and bills at night').waitFor();
    await visit.page.goto('/r/acme/worker:1.0');
    await visit.page.getByText('RUN npm ci --omit=dev').waitFor();
  });

  it('tells which layer made an image big', async () => {
    await asAdmin();
    await visit.page.goto('/r/acme/web:2.0');
    const largest = visit.page.getByRole('row').filter({ hasText: 'largest' });
    await largest.getByText('COPY assets /srv/assets').waitFor();
  });

  it('tells what changed between two tags, from the list of tags', async () => {
    await asAdmin();
    const { page } = visit;
    await page.goto('/r/acme/web?view=tags&sort=name');
    await page.getByLabel('Choose 1.0').check();
    await page.getByLabel('Choose 2.0').check();
    await page.getByRole('button', { name: 'Compare' }).click();
    const added = page.getByRole('row').filter({ hasText: '+ new' });
    await added.getByText('COPY assets /srv/assets').waitFor();
    await page.getByRole('cell', { name: 'env.SHOP_VERSION' }).waitFor();
    const files = page.getByRole('region', { name: 'Files' }).getByRole('row');
    await files.filter({ hasText: '+ new' }).getByText('7.8 MB').waitFor();
  });

  it('opens a folder of an image, and a file in it, once its layers are read', async () => {
    await asAdmin();
    const { page } = visit;
    await page.goto('/r/acme/web:2.0');
    await page.getByRole('link', { name: 'Files' }).click();
    await page.getByRole('link', { name: 'srv', exact: true }).click();
    await page.getByRole('link', { name: 'package.json' }).click();
    await page.getByText('"name": "shop"').waitFor();
    const download = page.waitForEvent('download');
    await page.getByRole('link', { name: 'Download' }).click();
    expect((await download).suggestedFilename()).toBe('package.json');
    await page.goBack();
    await page.getByLabel('Search by path').fill('PASSWD');
    await page.getByRole('link', { name: 'etc/passwd' }).click();
    await page.getByText('root:x:0:0').waitFor();
    await page.goto('/r/acme/web:2.0?view=files&file=bin/busybox');
    await page.getByText('/bin/busybox is no text').waitFor();
  });

  it('shows what a layer takes away, and what takes the space', async () => {
    await asAdmin();
    const { page } = visit;
    await page.goto('/r/acme/web:1.0?view=files');
    await page.getByLabel('Of').selectOption({ index: 2 });
    await page.getByRole('link', { name: 'tmp', exact: true }).click();
    const gone = page.getByRole('row').filter({ hasText: 'leftover' });
    await gone.getByLabel('taken away').waitFor();
    await page.goto('/r/acme/web:2.0?view=space');
    const largest = page.getByRole('region', { name: 'Largest files' }).getByRole('row').nth(1);
    await largest.getByText('7.8 MB').waitFor();
    const hidden = page.getByRole('region', { name: 'What layers hide' });
    await hidden.getByText('12 B').waitFor();
  });

  it('tells what the platforms of an image differ in', async () => {
    await asAdmin();
    const { page } = visit;
    await page.goto('/r/acme/web:2.0?view=platforms');
    await page.getByRole('link', { name: 'compare with linux/amd64' }).click();
    const removed = page.getByRole('row').filter({ hasText: '− gone' });
    await removed.getByText('COPY assets /srv/assets').waitFor();
  });

  it('tells whoever mistypes an address that there is nothing', async () => {
    const answer = await visit.page.goto('/nothing/here');
    expect(answer?.status()).toBe(404);
    await visit.page.getByText('There is no such page').waitFor();
  });

  it('tells who moved a tag, and brings it back', async () => {
    await asAdmin();
    const { page } = visit;
    const digestOf = async (tag: string) =>
      (await registry.crane.run(['digest', registry.remote(`acme/web:${tag}`)])).stdout.trim();
    expect(await digestOf('latest')).toBe(await digestOf('2.0'));
    await page.goto('/r/acme/web:latest');
    await page.getByRole('link', { name: 'History' }).click();
    await page.getByText('admin pushed it').first().waitFor();
    await page.locator('figcaption', { hasText: '+182 %' }).waitFor();
    await page.getByRole('button', { name: 'Bring this back' }).click();
    await page.getByRole('button', { name: 'Bring it back' }).click();
    await page.getByText('admin brought it back').waitFor();
    expect(await digestOf('latest')).toBe(await digestOf('1.0'));
  });

  it('shows a tag that is pushed while one looks at the list', async () => {
    await asAdmin();
    await visit.page.goto('/r/acme/worker?view=tags');
    await visit.page.getByRole('link', { name: '1.0', exact: true }).waitFor();
    await registry.crane.run(['tag', registry.remote('acme/worker:1.0'), 'brand-new']);
    const tag = visit.page.getByRole('link', { name: 'brand-new', exact: true });
    await tag.waitFor({ timeout: 10_000 });
  });

  it('deletes tags after it has said what goes, and takes them back', async () => {
    await registry.push('acme/doomed:a', [{ steps: [{ createdBy: 'COPY a', bytes: 5000 }] }]);
    await registry.push('acme/doomed:b', [{ steps: [{ createdBy: 'COPY b', bytes: 5000 }] }]);
    await asAdmin();
    const { page } = visit;
    await page.goto('/r/acme/doomed?view=tags');
    await page.getByLabel('Choose a', { exact: true }).check();
    await page.getByRole('button', { name: 'Delete' }).click();
    const dialog = page.getByRole('dialog');
    await dialog.getByText(/1 tag and 1 manifest go into the trash/).waitFor();
    await dialog.getByRole('button', { name: 'Delete', exact: true }).click();
    await page.getByRole('link', { name: 'a', exact: true }).waitFor({ state: 'detached' });
    await page.getByRole('link', { name: 'Trash' }).click();
    await page.getByRole('button', { name: 'Take back' }).click();
    await page.getByText('acme/doomed has it back.').waitFor();
    await registry.crane.run(['manifest', registry.remote('acme/doomed:a')]);
  });

  it('writes and shows a README', async () => {
    await visit.signIn('ada', PASSWORD);
    const { page } = visit;
    await page.goto('/r/acme/worker');
    await page.getByRole('button', { name: 'Write a README' }).click();
    await page
      .getByLabel('README')
      .fill('# The worker\n\n| it needs |\n| --- |\n| `DATABASE_URL` |');
    await page.getByRole('button', { name: 'Save' }).click();
    await page.getByRole('heading', { name: 'The worker', exact: true }).waitFor();
    await page.getByRole('cell', { name: 'DATABASE_URL' }).waitFor();
  });

  it('downloads what somebody attached, to the byte', async () => {
    const { crane, remote } = registry;
    const manifest = (await crane.run(['manifest', remote('acme/web:1.0')])).stdout;
    const { layers } = JSON.parse(manifest) as {
      readonly layers: readonly { readonly digest: string; readonly size: number }[];
    };
    const largest = layers.toSorted((one, other) => other.size - one.size)[0];
    await asAdmin();
    const answer = await visit.page.request.get(
      `/api/v1/repositories/acme%2Fweb/blobs/${largest?.digest}?filename=layer.tar.gz`,
    );
    const bytes = await answer.body();
    expect(bytes.length).toBeGreaterThan(4_000_000);
    expect(`sha256:${createHash('sha256').update(bytes).digest('hex')}`).toBe(largest?.digest);
  });

  it('makes a token that a client can sign in with', async () => {
    await visit.signIn('ada', PASSWORD);
    const { page } = visit;
    await page.goto('/account?view=tokens');
    await page.getByRole('button', { name: 'New token' }).click();
    await page.getByLabel('Name').fill('laptop');
    await page.getByLabel('It may').selectOption('pull');
    await page.getByRole('button', { name: 'Make it' }).click();
    await page.getByRole('button', { name: 'Copy the token' }).click();
    const token = await page.evaluate<string>('navigator.clipboard.readText()');
    const crane = client('crane', folder.path, { DOCKER_CONFIG: join(folder.path, 'token') });
    await crane.run(['auth', 'login', slipway.host, '--username', 'ada', '--password', token]);
    await crane.run(['digest', registry.remote('ada/scratch:latest')]);
    const refused = await crane.attempt(['tag', registry.remote('ada/scratch:latest'), 'no']);
    expect(refused.printed).toMatch(/denied|DENIED|unauthorized/i);
  });

  it('takes a text for a text, whoever wrote it', async () => {
    await registry.push('acme/hostile:1', [
      {
        steps: [{ createdBy: HOSTILE, bytes: 1000 }],
        config: {
          Labels: { [HOSTILE]: HOSTILE, url: 'javascript:alert(3)' },
          Env: [`X=${HOSTILE}`],
        },
        annotations: { [HOSTILE]: HOSTILE },
      },
    ]);
    await registry.ask('PATCH', '/repositories/acme%2Fhostile', { description: HOSTILE });
    const readme = `${HOSTILE}\n\n[a link](javascript:alert(4)) ![a picture](https://tracker.example/x.png)\n\n<iframe src="javascript:alert(5)"></iframe>`;
    await registry.ask('PUT', '/repositories/acme%2Fhostile/readme', { readme });
    await asAdmin();
    const { page } = visit;
    for (const path of [
      '/r/acme/hostile',
      '/r/acme/hostile?view=tags',
      '/r/acme/hostile:1',
      '/r/acme/hostile:1?view=config',
      '/r/acme/hostile:1?view=manifest',
      '/search?q=hostile',
      `/search?q=${encodeURIComponent(HOSTILE)}`,
      `/r/acme/hostile:${encodeURIComponent(HOSTILE)}`,
    ]) {
      await visit.open(path);
      const dangerous = await page.evaluate<number>(
        `document.querySelectorAll('a[href^="javascript:" i], main script, main iframe, main img').length`,
      );
      expect({ path, dangerous }).toEqual({ path, dangerous: 0 });
    }
    await visit.open('/r/acme/hostile');
    await page.getByText(HOSTILE.slice(0, 20)).first().waitFor();
  });
});
