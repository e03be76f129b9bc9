/*
 * What hangs on a function: the files below its directory by their path, for `below` of a function.
 */
type Files = Readonly<Record<string, string>>;

/** `under` is the directory between, for virtio: `virtio0`. */
export function networkInterface(name: string, mac: string, state = 'up', under?: string): Files {
  const path = `${under === undefined ? '' : `${under}/`}net/${name}`;
  return { [`${path}/address`]: mac, [`${path}/operstate`]: state, [`${path}/mtu`]: '1500' };
}

export function nvmeDrive(number: number, serial: string, sectors: number): Files {
  const path = `nvme/nvme${number}`;
  return {
    [`${path}/serial`]: serial.padEnd(20),
    [`${path}/model`]: 'Example NVMe'.padEnd(40),
    [`${path}/nvme${number}n1/size`]: String(sectors),
    [`${path}/nvme${number}n1/nvme${number}n1p1/partition`]: '1',
  };
}

export function usbBus(number: number): Files {
  return { [`usb${number}/idVendor`]: '1d6b', [`usb${number}/product`]: 'xHCI Host Controller' };
}

export function display(number: number, connector: string): Files {
  return {
    [`drm/card${number}/dev`]: `226:${number}`,
    [`drm/card${number}/card${number}-${connector}/status`]: 'connected',
    [`drm/renderD${128 + number}/dev`]: `226:${128 + number}`,
  };
}

export function soundCard(number: number): Files {
  return { [`sound/card${number}/id`]: 'HDMI', [`sound/card${number}/number`]: String(number) };
}

/** A drive on a SATA controller. */
export function sataDrive(port: number, name: string, sectors: number): Files {
  const path = `ata${port}/host${port - 1}/target${port - 1}:0:0/${port - 1}:0:0:0/block/${name}`;
  return { [`${path}/size`]: String(sectors), [`${path}/${name}1/partition`]: '1' };
}
