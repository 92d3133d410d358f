// A real Chromium on the console, by role and label. Shared by these tests and the end-to-end test.
import { existsSync, mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { chromium } from 'playwright-core';

const executablePath = process.env.CHROMIUM ?? '/usr/bin/chromium';

/** Milliseconds that a page may take on a busy machine. */
const patience = 60_000;

/** Why there is no browser here; undefined when there is one. */
export const noBrowser = existsSync(executablePath) ? undefined : `no Chromium at ${executablePath} (Debian package chromium)`;

let launched;

const launch = () =>
  (launched ??= chromium.launch({
    executablePath,
    args: [
      '--no-sandbox',
      '--disable-gpu',
      '--disable-quic',
      '--no-first-run',
      '--disable-background-networking',
      '--disable-component-update',
      '--disable-sync',
    ],
  }));

/** Ends the browser that all pages share. */
export async function closeBrowser() {
  await (await launched)?.close();
  launched = undefined;
}

/**
 * Opens a page on the console.
 * @param {{url: string, theme?: 'light' | 'dark', language?: 'en' | 'zh', width?: number, height?: number}} options
 * @returns {Promise<import('playwright-core').Page & {problems: string[], end: () => Promise<void>}>} a page that collects script errors in `problems`
 */
export async function openConsole({ url, theme = 'light', language = 'en', width = 1440, height = 900 }) {
  const context = await (await launch()).newContext({
    baseURL: url,
    viewport: { width, height },
    colorScheme: theme,
    locale: language === 'zh' ? 'zh-CN' : 'en-GB',
    reducedMotion: 'reduce',
    ignoreHTTPSErrors: true,
  });
  context.setDefaultTimeout(patience);
  const page = await context.newPage();
  page.problems = [];
  page.on('pageerror', (error) => page.problems.push(String(error)));
  page.on('console', (message) => {
    const expected = /status of (4\d\d|502|503|504)|ERR_(CONNECTION|INCOMPLETE|EMPTY|NETWORK)/;
    if (message.type() === 'error' && !expected.test(message.text())) page.problems.push(message.text());
  });
  page.end = () => context.close();
  await page.goto('/');
  return page;
}

/** Logs in on the page that is shown first. */
export async function login(page, { name = 'admin', password }) {
  await page.getByRole('textbox', { name: 'Name' }).fill(name);
  await page.getByLabel('Password').fill(password);
  await page.getByRole('button', { name: 'Log in' }).click();
  await page.getByRole('button', { name: `Account ${name}` }).waitFor();
}

/** Asks again until what is asserted holds; at the deadline fails as the assertion does. */
export async function eventually(assertion) {
  const deadline = Date.now() + patience;
  for (;;) {
    try {
      return await assertion();
    } catch (failure) {
      if (Date.now() > deadline) throw failure;
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
  }
}

/** Goes to a page of the navigation by its name, as `Verdicts`. */
export async function goTo(page, name) {
  const link = page.getByRole('navigation', { name: 'Main' }).getByRole('link', { name });
  if (!(await link.isVisible())) await page.getByRole('button', { name: 'Main' }).click();
  await link.click();
  await page.getByRole('heading', { level: 1, name }).waitFor();
}

/** Keeps what the page shows as target/screenshots/NAME.png (SCREENSHOTS names another folder). */
export async function screenshot(page, name) {
  const folder = process.env.SCREENSHOTS ?? join(import.meta.dirname, '../target/screenshots');
  mkdirSync(folder, { recursive: true });
  await page.evaluate(() => document.fonts.ready);
  const path = join(folder, `${name}.png`);
  await page.screenshot({ path, animations: 'disabled' });
  return path;
}
