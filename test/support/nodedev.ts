/** An element of XML as libvirt writes it: no comments, no CDATA, no namespaces. */
interface Element {
  readonly name: string;
  readonly attributes: ReadonlyMap<string, string>;
  readonly children: Element[];
  text: string;
}

/** A PCI function in the output of `virsh nodedev-dumpxml`. Numbers are unchanged, addresses composed. */
export interface NodeDevice {
  readonly address: string;
  readonly path: string | undefined;
  /** `pci_0000_00_04_0`; `computer` for a function on a root bus. */
  readonly parent: string | undefined;
  readonly driver: string | undefined;
  readonly class: string | undefined;
  readonly product: string | undefined;
  readonly vendor: string | undefined;
  readonly numaNode: string | undefined;
  readonly iommuGroup:
    | { readonly number: string | undefined; readonly members: readonly string[] }
    | undefined;
  readonly physicalFunction: string | undefined;
  readonly virtualFunctions:
    | { readonly max: string | undefined; readonly members: readonly string[] }
    | undefined;
  /** `cap` is the maximum of the link, `sta` its current state. */
  readonly links: Readonly<
    Record<string, { readonly speed: string | undefined; readonly width: string | undefined }>
  >;
}

const TOKEN = /<(\/?)([\w-]+)((?:\s+[\w-]+=(?:'[^']*'|"[^"]*"))*)\s*(\/?)>|([^<]+)/y;

/** @throws Error if the text has features beyond such XML */
function parseElement(xml: string): Element {
  const top: Element = { name: '', attributes: new Map(), children: [], text: '' };
  const open = [top];
  TOKEN.lastIndex = 0;
  while (TOKEN.lastIndex < xml.length) {
    const at = TOKEN.lastIndex;
    const match = TOKEN.exec(xml);
    const current = open.at(-1);
    if (match === null || current === undefined) throw new Error(`no such XML: ${xml.slice(at, at + 80)}`);
    const [, closing, name = '', attributes = '', empty, text] = match;
    if (text !== undefined) current.text += text;
    else if (closing === '/') {
      if (open.pop()?.name !== name) throw new Error(`</${name}> closes another element`);
    } else {
      const pairs = [...attributes.matchAll(/([\w-]+)=['"]([^'"]*)['"]/g)];
      const element: Element = {
        name,
        attributes: new Map(pairs.map(([, key = '', value = '']) => [key, value])),
        children: [],
        text: '',
      };
      current.children.push(element);
      if (empty !== '/') open.push(element);
    }
  }
  if (open.length !== 1) throw new Error(`<${open.at(-1)?.name}> is not closed`);
  return top;
}

/** The PCI functions in the output of one or several `nodedev-dumpxml`. */
export function parseNodeDevices(xml: string): readonly NodeDevice[] {
  return childrenOf(parseElement(xml), 'device').map(toNodeDevice);
}

function toNodeDevice(device: Element): NodeDevice {
  const pci = capability(device, 'pci');
  if (pci === undefined) throw new Error(`${textOf(device, 'name')} is no PCI function`);
  const number = (name: string) => Number(textOf(pci, name));
  const group = child(pci, 'iommuGroup');
  const physical = capability(pci, 'phys_function');
  const virtual = capability(pci, 'virt_functions');
  const links = childrenOf(child(pci, 'pci-express'), 'link').map(({ attributes }) => [
    attributes.get('validity'),
    { speed: attributes.get('speed'), width: attributes.get('width') },
  ]);
  return {
    address: addressOf(number('domain'), number('bus'), number('slot'), number('function')),
    path: textOf(device, 'path'),
    parent: textOf(device, 'parent'),
    driver: textOf(child(device, 'driver'), 'name'),
    class: textOf(pci, 'class'),
    product: child(pci, 'product')?.attributes.get('id'),
    vendor: child(pci, 'vendor')?.attributes.get('id'),
    numaNode: child(pci, 'numa')?.attributes.get('node'),
    iommuGroup: group && { number: group.attributes.get('number'), members: addressesIn(group) },
    physicalFunction: physical && addressesIn(physical)[0],
    virtualFunctions: virtual && { max: virtual.attributes.get('maxCount'), members: addressesIn(virtual) },
    links: Object.fromEntries(links),
  };
}

function childrenOf(element: Element | undefined, name: string): readonly Element[] {
  return element?.children.filter((each) => each.name === name) ?? [];
}

function child(element: Element | undefined, name: string): Element | undefined {
  return childrenOf(element, name)[0];
}

function capability(element: Element, type: string): Element | undefined {
  return childrenOf(element, 'capability').find(({ attributes }) => attributes.get('type') === type);
}

function textOf(element: Element | undefined, name: string): string | undefined {
  return child(element, name)?.text.trim();
}

/** The `<address domain='0x0000' bus='0x01' slot='0x10' function='0x0'/>` in an element. */
function addressesIn(element: Element): readonly string[] {
  return childrenOf(element, 'address').map(({ attributes }) => {
    const number = (name: string) => Number(attributes.get(name));
    return addressOf(number('domain'), number('bus'), number('slot'), number('function'));
  });
}

function addressOf(domain: number, bus: number, slot: number, fn: number): string {
  const hex = (value: number, digits: number) => value.toString(16).padStart(digits, '0');
  return `${hex(domain, 4)}:${hex(bus, 2)}:${hex(slot, 2)}.${fn}`;
}
