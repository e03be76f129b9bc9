import { isUnknown, knownValue } from '../../../../base/known.ts';
import { listSome, type SafetyRule, unknownFinding } from '../../safety-rule.ts';

// PCI drivers that create vDPA devices.
const MAKERS =
  /^(mlx5_core|ifcvf|pds_core|pds_vdpa|octeon_ep_vdpa|octep_vdpa|virtio-pci|vp_vdpa|sfc|snet|eni_vdpa|alibaba_eni_vdpa|nfp|qat)/;

export const vdpa: SafetyRule = {
  name: 'vdpa',
  title: 'it has vDPA devices',
  severity: 'refuses',
  meaning:
    'It has vDPA devices (`/sys/bus/vdpa`), which disappear with it. VMs, or the host itself through virtio, use them as network cards or disks.',
  remedy: 'remove them first: vdpa dev del NAME',
  find: ({ address, driver }, view) => {
    const { vdpaDevices } = view.host.use;
    const own = (knownValue(vdpaDevices) ?? []).filter((each) => each.function === address);
    if (own.length > 0) {
      const names = own.map(({ name }) => name);
      return [
        {
          message: `has vDPA devices: ${listSome(names)}`,
          evidence: names.map((name) => `/sys/bus/vdpa/devices/${name}`),
          remedy: names.map((name) => `vdpa dev del ${name}`).join('; '),
        },
      ];
    }
    const mayHave = driver !== null && MAKERS.test(knownValue(driver) ?? 'mlx5_core');
    return isUnknown(vdpaDevices) && mayHave ? [unknownFinding('its vDPA devices', vdpaDevices)] : [];
  },
};
