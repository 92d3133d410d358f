// Checks types and builds, unless the sources, the contract and the dependencies are those of the last build.
import { createHash } from 'node:crypto';
import { existsSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { spawnSync } from 'node:child_process';

const inputs = ['src', 'public', 'index.html', 'package-lock.json', 'tsconfig.json', 'vite.config.ts', '../server/src/main/resources/openapi.yaml'];
const stamp = 'target/built-from';

const files = (path) => (statSync(path).isDirectory() ? readdirSync(path).sort().flatMap((name) => files(join(path, name))) : [path]);
const hash = createHash('sha256');
for (const file of inputs.flatMap(files).filter((file) => !file.includes('generated'))) hash.update(file).update(readFileSync(file));
const digest = hash.digest('hex');

if (!existsSync('target/classes/console/index.html') || !existsSync(stamp) || readFileSync(stamp, 'utf8') !== digest) {
  const { status } = spawnSync('npm', ['run', 'build'], { stdio: 'inherit' });
  if (status !== 0) process.exit(status ?? 1);
  writeFileSync(stamp, digest);
}
