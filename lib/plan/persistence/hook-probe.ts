import { MACHINE_NAMESPACE, MACHINE_PREFIX } from '../../libvirt/machine/machine-metadata.ts';

/** The name of the VM that shows whether libvirt calls a hook. */
export const PROBE_NAME = 'portal-gun-probe';
/** The words of a hook that is called for it, which are in the error of libvirt. */
export const HOOK_ANSWER = 'portal-gun: this hook is called';
const PROBE_MARK = 'probe=';

/** A VM that a hook of portal-gun refuses to start, so that libvirt reports {@link HOOK_ANSWER}. */
export function formatProbe(type: 'qemu' | 'kvm'): string {
  return `<domain type='${type}'>
  <name>${PROBE_NAME}</name>
  <metadata><${MACHINE_PREFIX}:machine xmlns:${MACHINE_PREFIX}='${MACHINE_NAMESPACE}' probe='hook'/></metadata>
  <memory unit='MiB'>32</memory>
  <os><type>hvm</type></os>
</domain>`;
}

/** The lines of a hook that answer the probe; `definition` has the XML of the VM. */
export const PROBE_LINES = `case $1:$2:$definition in
  ${PROBE_NAME}:prepare:*${MACHINE_NAMESPACE}*${PROBE_MARK}*) echo '${HOOK_ANSWER}' >&2; exit 1 ;;
esac`;
