/*
 * The attachments of a function: the files below its directory by their path, for `below` of a function.
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

/** A virtio disk, which is the function itself. */
export function virtioDisk(name: string, serial: string): Files {
  return { [`virtio0/block/${name}/serial`]: serial, [`virtio0/block/${name}/size`]: '2048' };
}

/** A Fibre Channel port, with a virtual one on it. */
export function fibreChannelPort(host: number, portName: string, nodeName: string, virtual: string): Files {
  const below = (path: string, number: number, port: string): Files => ({
    [`${path}/scsi_host/host${number}/unique_id`]: String(number),
    [`${path}/fc_host/host${number}/port_name`]: port,
    [`${path}/fc_host/host${number}/node_name`]: nodeName,
  });
  const vport = `host${host}/vport-${host}:0-0`;
  return {
    ...below(`host${host}`, host, portName),
    ...below(`${vport}/host${host + 1}`, host + 1, virtual),
  };
}

/** A SAS host that its driver names itself, or by the first of its phys. */
export function sasHost(host: number, address: string, isNamed: boolean): Files {
  const path = `host${host}`;
  const phy = (number: number, value: string): Files => ({
    [`${path}/phy-${host}:${number}/sas_phy/phy-${host}:${number}/sas_address`]: value,
  });
  return {
    [`${path}/sas_host/host${host}/uevent`]: '',
    [`${path}/scsi_host/host${host}/unique_id`]: String(host),
    ...(isNamed ? { [`${path}/scsi_host/host${host}/host_sas_address`]: address } : {}),
    ...phy(10, '0x500605b00000000a'),
    ...phy(2, isNamed ? '0x500605b000000002' : address),
  };
}

export function infinibandNode(name: string, guid: string): Files {
  return { [`infiniband/${name}/node_guid`]: guid, [`infiniband/${name}/node_type`]: '1: CA' };
}

/** A Thunderbolt host interface, with the connected routers. */
export function thunderboltDomain(number: number, uniqueId: string): Files {
  const path = `domain${number}`;
  return {
    [`${path}/${number}-0/unique_id`]: uniqueId,
    [`${path}/${number}-0/${number}-1/unique_id`]: '11111111-2222-3333-4444-555555555555',
    [`${path}/security`]: 'user',
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
