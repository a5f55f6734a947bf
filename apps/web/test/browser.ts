import { readFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { type Browser, type BrowserContextOptions, chromium, type Page } from 'playwright-core';
import { findTool } from '../../../scripts/host-tools.mjs';

const ARGUMENTS = [
  '--no-sandbox',
  '--disable-gpu',
  '--disable-quic',
  '--no-first-run',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
];

export async function startBrowser(): Promise<Browser> {
  const executablePath = findTool('chromium');
  if (executablePath === undefined) throw new Error('there is no Chromium on this machine');
  return chromium.launch({ executablePath, args: ARGUMENTS });
}

/** A page of a browser of its own, and what was wrong with it: nothing that it may not do is asked for in vain. */
export class Visit {
  readonly page: Page;
  readonly faults: string[] = [];

  private constructor(page: Page) {
    this.page = page;
    page.on('pageerror', (error) => this.faults.push(`thrown: ${error.message}`));
    page.on('console', (message) => {
      // A refusal of the API is said by the page; Chromium says it here once more.
      if (message.type() !== 'error' || message.text().startsWith('Failed to load resource'))
        return;
      this.faults.push(`console: ${message.text()}`);
    });
    page.on('dialog', (dialog) => {
      this.faults.push(`a script of somebody else spoke: ${dialog.message()}`);
      void dialog.dismiss();
    });
    page.on('request', (request) => {
      const url = new URL(request.url());
      if (!['127.0.0.1', 'localhost'].includes(url.hostname) && url.protocol !== 'data:') {
        this.faults.push(`asked elsewhere: ${request.url()}`);
      }
    });
  }

  static async begin(
    browser: Browser,
    baseURL: string,
    options: BrowserContextOptions = {},
  ): Promise<Visit> {
    const context = await browser.newContext({ baseURL, reducedMotion: 'reduce', ...options });
    await context.grantPermissions(['clipboard-read', 'clipboard-write']);
    await context.addInitScript({
      content: `addEventListener('securitypolicyviolation', (event) => {
        console.error('the policy was violated: ' + event.violatedDirective + ' ' + event.blockedURI + ' ' + event.sample);
      });`,
    });
    return new Visit(await context.newPage());
  }

  async signIn(username: string, password: string): Promise<void> {
    await this.page.goto('/sign-in');
    await this.page.getByLabel('Username').fill(username);
    await this.page.getByLabel('Password').fill(password);
    await this.page.getByRole('button', { name: 'Sign in', exact: true }).click();
    await this.page.getByRole('button', { name: /account and more/ }).waitFor();
  }

  /** Opens an address, and waits until nothing is on its way any more. */
  async open(path: string): Promise<void> {
    await this.page.goto(path);
    await this.settled();
  }

  async settled(): Promise<void> {
    await this.page.locator('main h1').first().waitFor();
    await this.page.locator('[role=status].animate-pulse').first().waitFor({ state: 'detached' });
  }

  /** What axe finds, a line for each element. */
  async violations(): Promise<readonly string[]> {
    // Through the debugger, to which the page's policy says nothing.
    const session = await this.page.context().newCDPSession(this.page);
    const evaluate = async (expression: string) =>
      session.send('Runtime.evaluate', { expression, awaitPromise: true, returnByValue: true });
    await evaluate(await axe());
    const { result } = await evaluate(
      `axe.run(document, { resultTypes: ['violations'] }).then(({ violations }) => violations.flatMap(
        ({ id, nodes }) => nodes.map(({ html, failureSummary }) => id + ': ' + html.slice(0, 200) + ' ' + failureSummary)))`,
    );
    await session.detach();
    return result.value as readonly string[];
  }

  async end(): Promise<void> {
    await this.page.context().close();
  }
}

let source: Promise<string> | undefined;
function axe(): Promise<string> {
  source ??= readFile(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');
  return source;
}
