/** A machine that needs nothing to be defined, of a category or untagged, as `virsh define` takes it. It has a password that must not be lost. */
export function taggedDomain(name: string, category: string | null, machine: 'q35' | 'pc' = 'q35'): string {
  const metadata =
    category === null
      ? ''
      : `<metadata><portal-gun:machine xmlns:portal-gun="urn:portal-gun:machine:v1" category="${category}"/></metadata>`;
  return `<domain type='qemu'>
  <name>${name}</name>
  ${metadata}
  <memory unit='MiB'>64</memory>
  <os><type arch='x86_64' machine='${machine}'>hvm</type></os>
  <devices>
    <emulator>/usr/bin/qemu-system-x86_64</emulator>
    <graphics type='vnc' passwd='secret'/>
  </devices>
</domain>`;
}
