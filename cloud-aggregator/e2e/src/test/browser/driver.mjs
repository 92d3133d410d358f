// Drives Chromium for Browser.java: one JSON command per line on standard input, one JSON answer per line on standard output.
// Elements are named as a person names them: by role and accessible name, by label, or by text.
import { createRequire } from 'node:module';
import { createInterface } from 'node:readline';

const [modules, executablePath, screenshots] = process.argv.slice(2);
const { chromium } = createRequire(modules + '/package.json')('playwright-core');
const browser = await chromium.launch({
  executablePath,
  args: ['--no-sandbox', '--disable-gpu', '--disable-quic', '--no-first-run', '--disable-background-networking',
    '--disable-component-update', '--disable-sync'],
});
const context = await browser.newContext({ viewport: { width: 1440, height: 900 }, ignoreHTTPSErrors: false });
const page = await context.newPage();
const errors = [];
page.on('pageerror', (error) => errors.push(String(error)));
page.on('dialog', (dialog) => dialog.accept());

function locate({ role, name, label, text, testId, within, nth }) {
  const scope = within ? locate(within) : page;
  const pattern = (value) => (value?.startsWith('/') ? new RegExp(value.slice(1, -1), 'i') : value);
  let found;
  if (role) found = scope.getByRole(role, name === undefined ? {} : { name: pattern(name) });
  else if (label) found = scope.getByLabel(pattern(label));
  else if (testId) found = scope.getByTestId(testId);
  else found = scope.getByText(pattern(text));
  return nth === undefined ? found.first() : found.nth(nth);
}

const verbs = {
  goto: async ({ url, credentials }) => {
    if (credentials) {
      await context.setExtraHTTPHeaders({ Authorization: 'Basic ' + Buffer.from(credentials).toString('base64') });
    } else {
      await context.setExtraHTTPHeaders({});
    }
    await page.goto(url, { waitUntil: 'domcontentloaded', timeout: 90000 });
    return page.url();
  },
  click: async (c) => locate(c).click({ timeout: c.timeout }),
  fill: async (c) => locate(c).fill(c.value, { timeout: c.timeout }),
  choose: async (c) => locate(c).selectOption(c.value, { timeout: c.timeout }),
  upload: async (c) => locate(c).setInputFiles(c.value, { timeout: c.timeout }),
  press: async ({ key }) => page.keyboard.press(key),
  see: async (c) => locate(c).waitFor({ state: 'visible', timeout: c.timeout }),
  miss: async (c) => locate(c).waitFor({ state: 'hidden', timeout: c.timeout }),
  read: async (c) => locate(c).innerText({ timeout: c.timeout }),
  value: async (c) => locate(c).inputValue({ timeout: c.timeout }),
  content: async () => page.locator('body').innerText(),
  screenshot: async ({ file }) => page.screenshot({ path: `${screenshots}/${file}.png`, animations: 'disabled' }),
  dark: async ({ on }) => page.emulateMedia({ colorScheme: on ? 'dark' : 'light' }),
  errors: async () => errors.splice(0),
};

process.stdout.write(JSON.stringify({ ok: true }) + '\n');
for await (const line of createInterface({ input: process.stdin })) {
  const command = { timeout: 90000, ...JSON.parse(line) };
  let answer;
  try {
    answer = { ok: true, value: (await verbs[command.do](command)) ?? null };
  } catch (error) {
    await page.screenshot({ path: `${screenshots}/failed.png` }).catch(() => {});
    answer = { ok: false, error: String(error), page: await page.locator('body').innerText().catch(() => '') };
  }
  process.stdout.write(JSON.stringify(answer) + '\n');
}
await browser.close();
