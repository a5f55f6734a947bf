import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import type { Browser } from 'playwright-core';
import { describeWith } from '../../server/test/needs.ts';
import { startSlipway, type Slipway } from '../../server/test/slipway.ts';
import { tempFolder, type TempFolder } from '../../server/test/temp-folder.ts';
import { startBrowser, Visit } from './browser.ts';
import { fill, seeded } from './seeded.ts';

/** Where a picture of each page goes, if anywhere: `npm run pictures`. */
const pictures = process.env.SLIPWAY_TEST_PICTURES;

const WIDTHS = { phone: 390, tablet: 820, desktop: 1366 } as const;
const THEMES = ['light', 'dark'] as const;

const PAGES = {
  'sign-in': '/sign-in',
  home: '/',
  search: '/search?q=web',
  repository: '/r/acme/web',
  tags: '/r/acme/web?view=tags',
  image: '/r/acme/web:2.0',
  files: '/r/acme/web:2.0?view=files',
  'files-of-layer': '/r/acme/web:2.0?view=files&path=srv',
  file: '/r/acme/web:2.0?view=files&file=srv/package.json',
  space: '/r/acme/web:2.0?view=space',
  'image-config': '/r/acme/web:2.0?view=config',
  'image-platforms': '/r/acme/web:2.0?view=platforms',
  'image-referrers': '/r/acme/web:2.0?view=referrers',
  'image-manifest': '/r/acme/web:2.0?view=manifest',
  history: '/r/acme/web:latest?view=history',
  compare: '/r/acme/web?view=compare&from=1.0&to=2.0',
  retention: '/r/acme/web?view=retention',
  trash: '/r/acme/web?view=trash',
  settings: '/r/acme/web?view=settings',
  organisations: '/organisations',
  organisation: '/n/acme',
  people: '/n/acme?view=people',
  teams: '/n/acme?view=teams',
  robots: '/n/acme?view=robots',
  invitations: '/n/acme?view=invitations',
  storage: '/n/acme?view=quota',
  webhooks: '/n/acme?view=webhooks',
  'audit-of-organisation': '/n/acme?view=audit',
  account: '/account',
  tokens: '/account?view=tokens',
  sessions: '/account?view=sessions',
  rights: '/account?view=rights',
  admin: '/admin',
  audit: '/admin?view=audit',
  health: '/admin?view=health',
  'not-found': '/nothing/here',
  'no-repository': '/r/acme/nothing',
} as const;

describeWith({ tools: ['chromium', 'crane'] }, 'the page', () => {
  let slipway: Slipway;
  let folder: TempFolder;
  let browser: Browser;

  beforeAll(async () => {
    folder = await tempFolder('web');
    slipway = await startSlipway();
    browser = await startBrowser();
    await fill(await seeded(slipway, folder.path));
  }, 180_000);
  afterAll(async () => {
    await browser.close();
    await slipway.stop();
    await folder.remove();
  });

  describe.each(Object.entries(WIDTHS))('on a %s', (device, width) => {
    it.each(THEMES)(
      'is whole, sound and quiet in the %s',
      async (colorScheme) => {
        const viewport = { width, height: 900 };
        const visit = await Visit.begin(browser, slipway.url, { viewport, colorScheme });
        const found: string[] = [];
        for (const [name, path] of Object.entries(PAGES)) {
          if (name === 'home') await visit.signIn(slipway.username, slipway.password);
          await visit.open(path);
          for (const violation of await visit.violations()) found.push(`${name}: ${violation}`);
          const tooWide = await visit.page.evaluate<boolean>(
            'document.documentElement.scrollWidth > document.documentElement.clientWidth',
          );
          if (tooWide) found.push(`${name}: wider than the screen`);
          if (pictures !== undefined) {
            await mkdir(pictures, { recursive: true });
            const file = `${name}-${device}-${colorScheme}.png`;
            await visit.page.screenshot({ path: join(pictures, file), fullPage: true });
          }
        }
        await visit.end();
        expect({ found, faults: visit.faults }).toEqual({ found: [], faults: [] });
      },
      180_000,
    );
  });
});
