// Sees to what the tests need beyond npm: installs it as root on Debian, saying so; elsewhere names it.
import { spawnSync } from 'node:child_process';

const isRoot = process.getuid?.() === 0;

const NEEDS = [
  { program: 'lspci', debianPackage: 'pciutils', why: 'the peer that readings are compared with' },
  { program: 'xmllint', debianPackage: 'libxml2-utils', why: 'holds XML to the schemas of libvirt' },
  { program: 'mmdebstrap', debianPackage: 'mmdebstrap', why: 'makes the root file system of the lab' },
  ...(isRoot
    ? []
    : [{ program: 'newuidmap', debianPackage: 'uidmap', why: 'lets mmdebstrap do without root' }]),
  { program: 'script', debianPackage: 'bsdutils', why: 'gives a program a terminal' },
  { program: 'zsh', debianPackage: 'zsh', why: 'completes commands' },
  { program: 'fish', debianPackage: 'fish', why: 'completes commands' },
  { program: 'busybox', debianPackage: 'busybox', why: 'runs the agent of a guest as minivm does' },
  { program: 'setpriv', debianPackage: 'util-linux', why: 'runs it as an ordinary user' },
];

function isThere(program) {
  return spawnSync('sh', ['-c', 'command -v "$1"', 'sh', program]).status === 0;
}

const missing = NEEDS.filter(({ program }) => !isThere(program));
if (missing.length > 0) {
  const packages = missing.map(({ debianPackage }) => debianPackage);
  const wanted = missing.map(({ program, why }) => `${program} (${why})`).join(', ');
  if (isRoot && isThere('apt-get')) {
    process.stdout.write(`The tests need ${wanted}: installing ${packages.join(' ')} with apt-get.\n`);
    const environment = { ...process.env, DEBIAN_FRONTEND: 'noninteractive' };
    const run = (...words) =>
      spawnSync('apt-get', words, { stdio: ['ignore', 'ignore', 'inherit'], env: environment });
    run('update', '-qq');
    run('install', '-y', '-qq', '--no-install-recommends', ...packages);
  }
  const still = missing.filter(({ program }) => !isThere(program));
  if (still.length > 0) {
    process.stdout.write(
      `Missing: ${still.map(({ program, debianPackage }) => `${program} (Debian: ${debianPackage})`).join(', ')}. Its tests are skipped.\n`,
    );
    if (process.env.CI) process.exit(1);
  }
}
