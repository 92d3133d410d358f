// Logs in at the identity provider, as a person does, for KeycloakTest: URL NAME PASSWORD ROLE SCREENSHOT.
import assert from 'node:assert/strict';
import { closeBrowser, openConsole } from './browser.mjs';

const [url, name, password, role, screenshot] = process.argv.slice(2);
const page = await openConsole({ url });
try {
  await page.getByRole('link', { name: 'Log in at the identity provider' }).click();
  await page.getByLabel('Username or email').fill(name);
  await page.getByRole('textbox', { name: 'Password' }).fill(password);
  await page.getByRole('button', { name: 'Sign In' }).click();
  await page.getByRole('button', { name: `Account oidc:${name}` }).waitFor();
  await page.getByRole('heading', { level: 1 }).waitFor();
  const session = await page.evaluate(() => fetch('/api/v1/session').then((answer) => answer.json()));
  assert.equal(session.role, role);
} catch (failure) {
  console.log(`${page.url()} says:\n${await page.locator('body').innerText()}`);
  throw failure;
} finally {
  await page.screenshot({ path: screenshot, animations: 'disabled' });
  await closeBrowser();
}
