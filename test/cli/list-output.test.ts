import { describe, expect, it } from 'vitest';
import { DEFAULT_COLUMNS, DEVICE_COLUMNS, WIDE_COLUMNS } from '../../lib/render/inventory/device-columns.ts';
import { BUNDLED_NAMES, fixture, pci, pciInside, words } from '../support/pci-program.ts';

const COLUMNS = Object.keys(DEVICE_COLUMNS);
const headingsOf = (names: readonly string[]): readonly (string | undefined)[] =>
  names.map((name) => DEVICE_COLUMNS[name]?.heading);

async function linesOf(line: string, host = 'gpu-desktop'): Promise<readonly string[]> {
  const outcome = await pciInside(['list', ...words(line), '--host', fixture(host), ...BUNDLED_NAMES]);
  expect(outcome).toMatchObject({ exitCode: 0 });
  expect(outcome.stdout.endsWith('\n')).toBe(true);
  return outcome.stdout.split('\n').slice(0, -1);
}

describe('formats', () => {
  it.each([
    ['nvidia', ['ADDRESS  ', '0000:01:00.0  ', '0000:01:00.1  ']],
    ['nvidia --format table', ['ADDRESS  ', '0000:01:00.0  ', '0000:01:00.1  ']],
    ['nvidia --no-header', ['0000:01:00.0  ', '0000:01:00.1  ']],
    ['nvidia --format csv', ['address,class,', '0000:01:00.0,display,', '0000:01:00.1,audio,']],
    ['nvidia --format=csv --no-header', ['0000:01:00.0,display,', '0000:01:00.1,audio,']],
    ['nvidia --format ndjson', ['{"address":"0000:01:00.0",', '{"address":"0000:01:00.1",']],
    ['nvidia --format json', ['{"schema":"portal-gun/pci-list/v1",', '"host":', '"devices":[', '{"address"']],
    [
      '01:00.1 --format csv -c address,bars,rom,revision',
      ['address,bars,rom,revision', '0000:01:00.1,16384,-,'],
    ],
    ['class=crypto --format csv', ['address,class,device,driver,group,notes']],
  ])('%s', async (line, starts) => {
    const lines = await linesOf(line);
    expect(starts.map((start, index) => lines[index]?.slice(0, start.length))).toEqual(starts);
  });

  it('json by either name is the same', async () => {
    expect(await linesOf('--format json')).toEqual(await linesOf('--json'));
  });

  it('no device of that kind is nothing on stdout, and a word on the other', async () => {
    const outcome = await pci(['list', 'class=crypto', '--host', fixture('gpu-desktop')]);
    expect(outcome).toEqual({ exitCode: 0, stdout: '', stderr: 'pci: no device matches\n' });
    const near = await pci(['list', 'driver=igbb', '--host', fixture('gpu-desktop')]);
    expect(near.stderr).toBe('pci: no device matches; did you mean driver=igb?\n');
  });

  it('csv quotes what would end a cell', async () => {
    const [row] = await linesOf('03:00.0 --format csv --no-header -c notes,label,device');
    expect(row).toBe('enp3s0,Onboard LAN 1,Intel I210 Gigabit Network Connection');
    const cells = await linesOf('--format csv --no-header -c device,class', 'virtio-iommu');
    expect(cells.every((line) => /^(?:"(?:[^"]|"")*"|[^",]*),\w+$/.test(line))).toBe(true);
  });
});

describe('columns', () => {
  it.each([
    ['', DEFAULT_COLUMNS],
    ['--wide', WIDE_COLUMNS],
    ['-w', WIDE_COLUMNS],
    [`--columns ${COLUMNS.join(',')}`, COLUMNS],
    ['--columns address,driver', ['address', 'driver']],
    ['--columns=driver,address', ['driver', 'address']],
    ['-c id -c numa', ['id', 'numa']],
    ["--columns 'ADDRESS, Group'", ['address', 'group']],
    ['-c address,,group,', ['address', 'group']],
    ['--wide --columns rom', ['rom']],
    ['class=network --columns address', ['address']],
  ])('%s', async (line, names) => {
    const [heading = ''] = await linesOf(line);
    expect(heading.trim().split(/ {2,}/)).toEqual(headingsOf(names));
  });

  it.each([
    ['address', '0000:01:00.0'],
    ['class', 'display'],
    ['device', 'NVIDIA GA102 [GeForce RTX 3080]'],
    ['driver', 'nouveau'],
    ['group', '5'],
    ['notes', 'boot display · shares group with 01:00.1'],
    ['id', '10de:2206'],
    ['subsystem', '1043:87ce'],
    ['kind', 'VGA compatible controller'],
    ['revision', 'a1'],
    ['override', '-'],
    ['numa', '-'],
    ['net', '-'],
    ['block', '-'],
    ['sriov', '-'],
    ['reset', 'bus'],
    ['bars', '304.0 MiB'],
    ['rom', '128 KiB'],
    ['link', '2.5x16/16x16'],
    ['power', 'D0'],
    ['label', '-'],
    ['path', 'pci0000:00/01.0/00.0'],
  ])('%s of a display device', async (name, cell) => {
    expect(await linesOf(`01:00.0 --no-header --columns ${name}`)).toEqual([cell]);
  });

  it.each([
    ['gpu-desktop', '03:00.0 -c net,label', 'enp3s0  Onboard LAN 1'],
    ['gpu-desktop', '02:00.0 -c block,link', 'nvme0n1  8x4'],
    ['sixty-four-vfs', 'pf -c sriov,numa', '64 of 64 VFs     0'],
    ['sixty-four-vfs', '04:10.4 -c sriov', 'VF 2 of 03:00.0'],
    ['all-denied', '01:00.0 -c reset,label', '?      -'],
    ['broken-config', '00:04.0 -c id,device', '?   ?'],
  ])('of %s: %s', async (host, line, row) => {
    expect((await linesOf(line, host)).slice(1)).toEqual([row]);
  });

  it('are all tried', () => {
    expect(COLUMNS).toHaveLength(22);
  });
});

describe('order', () => {
  it.each([
    ['gpu-desktop', 'class=bridge', '00:00.0 00:01.0 00:06.0 00:1c.0'],
    ['gpu-desktop', 'class=bridge --sort address', '00:00.0 00:01.0 00:06.0 00:1c.0'],
    ['gpu-desktop', 'class=bridge --reverse', '00:1c.0 00:06.0 00:01.0 00:00.0'],
    ['gpu-desktop', '01:00 02:00 03:00 --sort class', '01:00.1 01:00.0 03:00.0 02:00.0'],
    ['gpu-desktop', '01:00 02:00 03:00 --sort class --reverse', '02:00.0 03:00.0 01:00.0 01:00.1'],
    // Numbers by value, not as text; what has none comes last either way.
    ['gpu-desktop', '01:00 03:00 00:01 --sort bars', '01:00.1 03:00.0 01:00.0 00:01.0'],
    ['gpu-desktop', '01:00 03:00 00:01 --sort bars --reverse', '01:00.0 03:00.0 01:00.1 00:01.0'],
    ['amd-iommu', '--sort group', '00:00.0 00:01.1 01:00.0 00:00.2'],
    ['amd-iommu', '--sort group --reverse', '01:00.0 00:01.1 00:00.0 00:00.2'],
    ['sixty-four-vfs', 'group=1 group=20 group=84 --sort group --reverse', '04:1f.6 03:00.0 00:03.0'],
    ['vmd-domain', '--sort address --reverse', '10000:e1:00.0 10000:e0:02.0 6f:00.5'],
  ])('%s: %s', async (host, line, addresses) => {
    const rows = await linesOf(`${line} --no-header -c address`, host);
    expect(rows.map((row) => row.replace(/^0000:/, '')).join(' ')).toBe(addresses);
  });

  it('holds for JSON too', async () => {
    const { devices } = JSON.parse((await linesOf('01:00 --reverse --json')).join('')) as {
      devices: { address: string }[];
    };
    expect(devices.map(({ address }) => address)).toEqual(['0000:01:00.1', '0000:01:00.0']);
  });
});
