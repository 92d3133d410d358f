// Runs the checks in Chromium and names at the end what failed and why. With --failure-ignore=true the build goes on after failed
// checks; they stand in target/surefire-reports, as Java's do.
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { spawnSync } from 'node:child_process';

const report = 'target/surefire-reports/TEST-console.xml';
const checks = readdirSync('test').filter((name) => name.endsWith('.test.mjs')).map((name) => `test/${name}`);
mkdirSync('target/surefire-reports', { recursive: true });
rmSync(report, { force: true });
const reporters = ['--test-reporter=spec', '--test-reporter-destination=stdout', '--test-reporter=junit', `--test-reporter-destination=${report}`];
const { status } = spawnSync(process.execPath, ['--test', '--test-concurrency=1', ...reporters, ...checks], { stdio: 'inherit' });
const ignored = existsSync(report) && readFileSync(report, 'utf8').includes('<failure') && process.argv.includes('--failure-ignore=true');
process.exit(ignored ? 0 : (status ?? 1));
