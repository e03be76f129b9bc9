import { join } from 'node:path';

export const ROOT = join(import.meta.dirname, '../..');
/** The built programs. */
export const PCI = join(ROOT, 'dist/bin/pci.js');
export const PORTAL = join(ROOT, 'dist/bin/portal.js');
