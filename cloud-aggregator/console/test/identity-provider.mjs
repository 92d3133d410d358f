// Logs in at the identity provider, as a person does, for KeycloakTest: URL NAME PASSWORD ROLE SCREENSHOT. ROLE none: is refused, and logs out there.
import assert from 'node:assert/strict';
import { closeBrowser, openConsole } from './browser.mjs';

const [url, name, password, role, screenshot] = process.argv.slice(2);
const page = await openConsole({ url });

async function isLoggedIn() {
  await page.getByRole('button', { name: `Account oidc:${name}` }).waitFor();
  await page.getByRole('heading', { level: 1 }).waitFor();
  const session = await page.evaluate(() => fetch('/api/v1/session').then((answer) => answer.json()));
  assert.equal(session.role, role);
}

async function logOutRefused() {
  await page.getByRole('heading', { level: 1, name: 'You have no role in Karu' }).waitFor();
  await page.getByText(`You are ${name} at the identity provider`).waitFor();
  assert.deepEqual(page.problems.filter((problem) => problem.includes('Content Security Policy')), []);
  await page.screenshot({ path: screenshot, animations: 'disabled' });
  await page.getByRole('link', { name: 'Log out at the identity provider' }).click();
  await page.getByRole('button', { name: 'Logout' }).click();
  await page.getByRole('heading', { name: 'You are logged out' }).waitFor();
  await page.goto(`${url}/login/oidc`);
  await page.getByLabel('Username or email').waitFor();
}

try {
  await page.getByRole('link', { name: 'Log in at the identity provider' }).click();
  await page.getByLabel('Username or email').fill(name);
  await page.getByRole('textbox', { name: 'Password' }).fill(password);
  await page.getByRole('button', { name: 'Sign In' }).click();
  if (role === 'none') await logOutRefused();
  else await isLoggedIn();
} catch (failure) {
  console.log(`${page.url()} says:\n${await page.locator('body').innerText()}`);
  throw failure;
} finally {
  if (role !== 'none') await page.screenshot({ path: screenshot, animations: 'disabled' });
  await closeBrowser();
}
