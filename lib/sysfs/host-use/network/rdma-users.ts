import { isUnknown, type Known } from '../../../base/known.ts';
import type { RdmaUser } from '../../../facts/network-use.ts';
import { type HostReader, knownOf } from '../../../host/host-reader.ts';
import { modulePath } from '../../paths.ts';
import { readAttribute } from '../known-reading.ts';

/**
 * The kernel users of RDMA: NFS, NVMe, iSER, SRP, SMB, RDS, SMC, RTRS, 9p, Lustre. IPoIB creates interfaces, which
 * are checked separately.
 */
const MODULES = [
  'rpcrdma',
  'nvme_rdma',
  'nvmet_rdma',
  'ib_iser',
  'ib_isert',
  'ib_srp',
  'ib_srpt',
  'smbdirect',
  'rds_rdma',
  'smc',
  'rtrs_client',
  'rtrs_server',
  '9pnet_rdma',
  'ko2iblnd',
];
/** The resources that each adapter has without any user. */
const OWN = /^(ib_(core|cm|ipoib|mad|umad|uverbs)|iw_cm|rdma_cm|\w+_(ib|re))$/;

/**
 * The kernel users of RDMA: by `rdma resource show qp`, which shows the device, otherwise the modules that are in use
 * (`/sys/module/rpcrdma/refcnt`), which do not show it.
 */
export function readRdmaUsers(host: HostReader): Known<readonly RdmaUser[]> {
  const users: RdmaUser[] = [];
  for (const module of MODULES) {
    const count = readAttribute(host, `${modulePath(module)}/refcnt`);
    if (isUnknown(count)) return count;
    if (count !== null && count !== '0') users.push({ device: null, user: module });
  }
  if (users.length === 0) return [];
  return askResources(host) ?? users;
}

/** `[{"ifname":"mlx5_0","lqpn":12,"type":"RC","state":"RTS","comm":"nvme_rdma"}]` */
function askResources(host: HostReader): readonly RdmaUser[] | null {
  const answer = knownOf(host.ask?.('rdma', ['-json', 'resource', 'show', 'qp']) ?? null);
  if (typeof answer !== 'string') return null;
  try {
    const rows: unknown = JSON.parse(answer);
    if (!Array.isArray(rows)) return null;
    const found = new Map<string, RdmaUser>();
    for (const row of rows as readonly Readonly<Record<string, unknown>>[]) {
      const { ifname, comm } = row;
      if (typeof ifname !== 'string' || typeof comm !== 'string') return null;
      const user = comm.replace(/^\[|\]$/g, '');
      if (!OWN.test(user)) found.set(`${ifname} ${user}`, { device: ifname, user });
    }
    return [...found.values()];
  } catch {
    return null;
  }
}
