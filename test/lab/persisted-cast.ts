/** Two functions of one card; a twin of theirs behind a switch; and one without driver and serial number. */
export const PAIR = ['0000:03:00.0', '0000:03:00.1'] as const;
export const TWIN = '0000:06:00.0';
export const DRIVERLESS = '0000:07:00.0';
/** Behind a conventional bridge, on e1000. */
export const CONVENTIONAL = '0000:09:01.0';
/** Of the same kind as the pair and the twin. */
export const UPLINK = '0000:00:0a.0';

/** An 82576 under igb; of its VFs the second is bound, and the first is trusted. */
export const CARD = '0000:01:00.0';
export const CARD_MAC = '52:54:00:00:00:02';
export const VF = '0000:01:10.2';

/** Slots of the root bus: of twins without a serial number in their configuration space, and of another igb. */
export const SPARE_DRIVE = '11.0';
export const ROOT_DRIVE = '12.0';
export const SPARE_NIC = '13.0';
export const OTHER_NIC = '14.0';
export const OTHER_CARD = '15.0';
