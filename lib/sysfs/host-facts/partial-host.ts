import type { HostReader, ReadFailure, Reading } from '../../host/host-reader.ts';

const NOT_TOLD: ReadFailure = { unknown: 'unread', detail: 'the snapshot does not contain its folder' };

/**
 * A host that may lack whole folders, such as a copied directory tree. A path in a missing folder (`/dev`,
 * `/sys/kernel`) is unknown, although other readers would treat it as absent. Every running host has these folders.
 */
export class PartialHost implements HostReader {
  readonly label: string;
  readonly #host: HostReader;
  readonly #isThere = new Map<string, boolean>();

  constructor(host: HostReader) {
    this.#host = host;
    this.label = host.label;
  }

  readBytes(path: string): Reading<Uint8Array> {
    return this.#told(path, () => this.#host.readBytes(path));
  }

  readText(path: string): Reading<string> {
    return this.#told(path, () => this.#host.readText(path));
  }

  readLink(path: string): Reading<string> {
    return this.#told(path, () => this.#host.readLink(path));
  }

  list(path: string): Reading<readonly string[]> {
    return this.#told(path, () => this.#host.list(path));
  }

  status(path: string): ReturnType<HostReader['status']> {
    return this.#told(path, () => this.#host.status(path));
  }

  deviceNumber(path: string): ReturnType<HostReader['deviceNumber']> {
    return this.#told(path, () => this.#host.deviceNumber(path));
  }

  exists(path: string): boolean {
    return this.#host.exists(path);
  }

  readLines(path: string, prefixes: readonly string[]): Reading<readonly string[]> {
    return this.#told(path, () => this.#host.readLines(path, prefixes));
  }

  readTable(path: string): Reading<string> {
    return this.#told(path, () => this.#host.readTable(path));
  }

  #told<T>(path: string, read: () => Reading<T>): Reading<T> {
    const reading = read();
    return reading === null && !this.#hasFolderOf(path) ? NOT_TOLD : reading;
  }

  #hasFolderOf(path: string): boolean {
    const folder = /^(\/sys)?\/[^/]+(?=\/)/.exec(path)?.[0] ?? '/';
    const known = this.#isThere.get(folder);
    if (known !== undefined) return known;
    const isThere = this.#host.status(folder) !== null;
    this.#isThere.set(folder, isThere);
    return isThere;
  }
}
