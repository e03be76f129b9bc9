/** Ids of the capabilities that are decoded, as in the PCI Code and ID Assignment Specification. */
export const CAPABILITY = {
  powerManagement: 0x01,
  pciX: 0x07,
  pciExpress: 0x10,
  advancedFeatures: 0x13,
} as const;

/** Ids of the extended capabilities that are decoded, from the same specification. */
export const EXTENDED_CAPABILITY = {
  deviceSerialNumber: 0x0003,
  acs: 0x000d,
  ari: 0x000e,
  sriov: 0x0010,
} as const;

const CAPABILITY_NAMES: readonly string[] = [
  'Null',
  'Power Management',
  'AGP',
  'Vital Product Data',
  'Slot Identification',
  'MSI',
  'CompactPCI Hot Swap',
  'PCI-X',
  'HyperTransport',
  'Vendor-Specific',
  'Debug Port',
  'CompactPCI Resource Control',
  'Hot-Plug',
  'Subsystem ID',
  'AGP 8x',
  'Secure Device',
  'PCI Express',
  'MSI-X',
  'SATA',
  'Advanced Features',
  'Enhanced Allocation',
  'Flattening Portal Bridge',
];

const EXTENDED_CAPABILITY_NAMES: readonly string[] = [
  'Null',
  'AER',
  'Virtual Channel',
  'Device Serial Number',
  'Power Budgeting',
  'Root Complex Link Declaration',
  'Root Complex Internal Link Control',
  'Root Complex Event Collector Association',
  'Multi-Function Virtual Channel',
  'Virtual Channel',
  'Root Complex Register Block',
  'Vendor-Specific',
  'Configuration Access Correlation',
  'ACS',
  'ARI',
  'ATS',
  'SR-IOV',
  'MR-IOV',
  'Multicast',
  'Page Request',
  'AMD Reserved',
  'Resizable BAR',
  'Dynamic Power Allocation',
  'TPH Requester',
  'Latency Tolerance Reporting',
  'Secondary PCI Express',
  'Protocol Multiplexing',
  'PASID',
  'LN Requester',
  'Downstream Port Containment',
  'L1 PM Substates',
  'Precision Time Measurement',
  'PCI Express over M-PHY',
  'FRS Queueing',
  'Readiness Time Reporting',
  'Designated Vendor-Specific',
  'VF Resizable BAR',
  'Data Link Feature',
  'Physical Layer 16 GT/s',
  'Lane Margining',
  'Hierarchy ID',
  'Native PCIe Enclosure Management',
  'Physical Layer 32 GT/s',
  'Alternate Protocol',
  'System Firmware Intermediary',
  'Shadow Functions',
  'Data Object Exchange',
  'Device 3',
  'Integrity and Data Encryption',
  'Physical Layer 64 GT/s',
  'Flit Logging',
  'Flit Performance Measurement',
  'Flit Error Injection',
  'Streamlined Virtual Channel',
  'MMIO Register Block Locator',
];

/** Short name of a capability by its 8-bit id, for users; `Unknown 7f` if it has no name. */
export function capabilityName(id: number): string {
  return CAPABILITY_NAMES[id] ?? `Unknown ${id.toString(16).padStart(2, '0')}`;
}

/** Short name of an extended capability by its 16-bit id, for users; `Unknown 00ab` if it has no name. */
export function extendedCapabilityName(id: number): string {
  return EXTENDED_CAPABILITY_NAMES[id] ?? `Unknown ${id.toString(16).padStart(4, '0')}`;
}
