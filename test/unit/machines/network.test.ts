import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { parseXml } from '../../../lib/libvirt/xml/xml-document.ts';
import { definitionDifferences, formatDifference } from '../../../lib/machines/domain/normal-form.ts';
import { macFromRandom } from '../../../lib/machines/network/mac.ts';
import {
  bridgeNameOf,
  isIsolatedNetwork,
  libvirtNetworkName,
} from '../../../lib/machines/network/network-name.ts';
import { renderIsolatedNetwork } from '../../../lib/machines/network/network-text.ts';

const UUID = '0ba5e724-6bb8-437c-8694-4845b502df0a';

describe('an isolated network', () => {
  it('has a bridge without addresses, and is known as ours', () => {
    expect(
      renderIsolatedNetwork({ network: 'isolated/lan', uuid: UUID, project: 'home' }),
    ).toMatchInlineSnapshot(`
      "<network ipv6="yes">
        <name>isolated-lan</name>
        <uuid>0ba5e724-6bb8-437c-8694-4845b502df0a</uuid>
        <metadata>
          <portal-gun:network xmlns:portal-gun="urn:portal-gun:machine:v1" network="isolated/lan" project="home"/>
        </metadata>
        <bridge name="pg-lan" stp="on" delay="0"/>
        <dns enable="no"/>
      </network>
      "
    `);
    expect(isIsolatedNetwork('isolated/lan')).toBe(true);
    expect(isIsolatedNetwork('default')).toBe(false);
  });

  it('has no part that a person added: with an address it is not isolated', () => {
    const rendered = renderIsolatedNetwork({ network: 'isolated/lan', uuid: UUID, project: null });
    const differences = (found: string) =>
      definitionDifferences(parseXml(rendered, 'rendered'), parseXml(found, 'found')).map(formatDifference);
    const filled = rendered.replace('</network>', '<mac address="52:54:00:00:00:01"/></network>');
    expect(differences(filled)).toEqual([]);
    const changed = filled
      .replace('<dns enable="no"/>', '<forward mode="nat"/><ip address="10.0.0.1"/>')
      .replace('pg-lan', 'br0');
    expect(differences(changed)).toEqual([
      'bridge name br0 instead of pg-lan',
      'dns is missing',
      'forward is not in the definition',
      'ip is not in the definition',
    ]);
  });

  it('has a bridge of a name that the kernel takes, and no other network has', () => {
    const name = fc.stringMatching(/^[a-z0-9][a-z0-9._/-]{0,49}$/).map((text) => libvirtNetworkName(text));
    fc.assert(
      fc.property(name, name, (a, b) => {
        for (const each of [a, `isolated-${a}`])
          expect(bridgeNameOf(each)).toMatch(/^pg[-_][a-z0-9.-]{1,12}$/);
        expect(bridgeNameOf(a) === bridgeNameOf(b)).toBe(a === b);
        expect(bridgeNameOf(`isolated-${a}`) === bridgeNameOf(b)).toBe(`isolated-${a}` === b);
      }),
    );
    expect(bridgeNameOf('isolated-lan')).toBe('pg-lan');
    // A contract with what is on hosts: a name never changes.
    expect(bridgeNameOf('isolated-a-rather-long-name')).toMatchInlineSnapshot(`"pg_ipqfnto3idq5"`);
  });
});

describe('a MAC address', () => {
  it('is of one station, locally administered, and follows from the bytes', () => {
    fc.assert(
      fc.property(fc.uint8Array({ minLength: 6, maxLength: 9 }), (bytes) => {
        const mac = macFromRandom(bytes);
        expect(mac).toMatch(/^[0-9a-f][26ae](:[0-9a-f]{2}){5}$/);
        expect(mac).not.toMatch(/^fe/);
        expect(macFromRandom(bytes.slice())).toBe(mac);
      }),
    );
    expect(macFromRandom(new Uint8Array([0xff, 1, 2, 3, 4, 255]))).toBe('de:01:02:03:04:ff');
    expect(() => macFromRandom(new Uint8Array(5))).toThrow(RangeError);
  });
});
