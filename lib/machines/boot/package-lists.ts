/** A system whose packages are used, by its `/etc/os-release`. */
export interface Distribution {
  /** `debian`, `ubuntu`. */
  readonly id: string;
  /** Of the release: `bookworm`. */
  readonly codename: string;
  /** The files that may have the keys of its packages; one of them exists. */
  readonly keyrings: readonly string[];
  readonly origin: string;
}

/** A package as `apt-cache show` describes it. */
export interface PackageFacts {
  readonly name: string;
  readonly version: string;
  readonly sizeBytes: number;
  /** The first alternative of each dependency. */
  readonly depends: readonly string[];
}

const ORIGINS: Readonly<Record<string, { readonly origin: string; readonly keyrings: readonly string[] }>> = {
  debian: { origin: 'Debian', keyrings: ['debian-archive-keyring.pgp', 'debian-archive-keyring.gpg'] },
  ubuntu: { origin: 'Ubuntu', keyrings: ['ubuntu-archive-keyring.gpg'] },
};
const COMPONENTS = ['main', 'universe'];
/** The releases that get no updates beside their own list. */
const ROLLING = ['sid', 'unstable'];

/** The arguments of `apt-get` that print the text for {@link sourceLines}. */
export const INDEX_TARGETS = [
  'indextargets',
  '--format',
  '$(SITE) $(RELEASE) $(COMPONENT) $(ORIGIN)',
  'Created-By: Packages',
];

/** The distribution of a host; `null` if portal cannot use its packages. */
export function readDistribution(osRelease: string): Distribution | null {
  const fieldOf = (key: string): string =>
    new RegExp(`^${key}=["']?([^"'\\n]*)`, 'm').exec(osRelease)?.[1]?.toLowerCase() ?? '';
  const id = fieldOf('ID');
  const known = ORIGINS[id];
  const codename = fieldOf('VERSION_CODENAME');
  if (known === undefined || !/^[a-z]+$/.test(codename)) return null;
  const keyrings = known.keyrings.map((file) => `/usr/share/keyrings/${file}`);
  return { id, codename, origin: known.origin, keyrings };
}

/**
 * The lines of a `sources.list` with only the archives of the distribution that a host uses.
 *
 * @param targets the output of `apt-get` for {@link INDEX_TARGETS}
 * @param suite of the packages: that of the host, or another
 */
export function sourceLines(
  targets: string,
  { codename, origin }: Distribution,
  suite: string,
  keyring: string,
): readonly string[] {
  const archives = new Map<string, Set<string>>();
  for (const line of targets.split('\n')) {
    const [site = '', release = '', component = '', ofOrigin = ''] = line.split(' ');
    const isKnownOrigin = !ofOrigin.startsWith('$');
    const [base, pocket = ''] = [release.slice(0, codename.length), release.slice(codename.length)];
    if (base !== codename || !/^(-updates|-security)?$/.test(pocket)) continue;
    if (!/^[a-z+]+:\S+$/.test(site) || !COMPONENTS.includes(component)) continue;
    if (isKnownOrigin && ofOrigin !== origin) continue;
    if (ROLLING.includes(suite) && pocket !== '') continue;
    const archive = `${site} ${suite}${pocket}`;
    archives.set(archive, (archives.get(archive) ?? new Set()).add(component));
  }
  return [...archives].map(
    ([archive, components]) => `deb [signed-by=${keyring}] ${archive} ${[...components].sort().join(' ')}`,
  );
}

/** Reads the first description that `apt-cache show` prints; `null` if there is none. */
export function parsePackage(text: string): PackageFacts | null {
  const stanza = text.split('\n\n', 1)[0] ?? '';
  const fieldOf = (field: string): string => new RegExp(`^${field}: (.*)$`, 'm').exec(stanza)?.[1] ?? '';
  const name = fieldOf('Package');
  if (!isPackageName(name)) return null;
  const depends = fieldOf('Depends')
    .split(',')
    .map((each) => /^[a-z0-9][a-z0-9+.-]*/.exec(each.trim())?.[0] ?? '')
    .filter((each) => each !== '');
  return { name, version: fieldOf('Version'), sizeBytes: Number(fieldOf('Size')) || 0, depends };
}

/** Whether a text can be the name of a package, and not an option of apt. */
export function isPackageName(text: string): boolean {
  return /^[a-z0-9][a-z0-9+.-]+$/.test(text);
}

/** Whether a dependency of a kernel package contains a part of the kernel. */
export function isKernelPart(name: string): boolean {
  return /^linux-(image|modules|modules-extra)-/.test(name);
}

/** The package that needs the newest kernel of a distribution. */
export function defaultKernelPackage({ id }: Distribution, architecture: string): string {
  return id === 'ubuntu' ? 'linux-image-generic' : `linux-image-${architecture}`;
}
