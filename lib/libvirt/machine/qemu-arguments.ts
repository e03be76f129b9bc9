import type { XmlElement } from '../xml/xml-element.ts';
import { NO_NAMESPACES, namespaceOf, namespacesIn, splitName } from '../xml/xml-namespace.ts';

/** An object that QEMU creates from its own arguments in the XML of a VM, and that libvirt does not know. */
export interface QemuObject {
  /** The option that creates it: `-device`. */
  readonly option: string;
  /**
   * The properties in the argument, with its implied first key as `driver`: `{driver: 'vfio-pci', host: '06:00.0'}`.
   */
  readonly properties: ReadonlyMap<string, string>;
  /** The element with the properties. */
  readonly element: XmlElement;
}

/** The namespace of QEMU's own arguments, whatever its prefix: https://libvirt.org/drvqemu.html#pass-through-of-arbitrary-qemu-commands */
const QEMU_NAMESPACE = 'http://libvirt.org/schemas/domain/qemu/1.0';
const IMPLIED: Readonly<Record<string, string>> = {
  '-device': 'driver',
  '-blockdev': 'driver',
  '-netdev': 'type',
  '-drive': 'file',
  '-set': 'set',
  '-readconfig': 'file',
};

/**
 * The objects that QEMU's own arguments create, and changes by `-set` and `<qemu:override>`, in the order of the
 * document.
 */
export function qemuObjects(root: XmlElement): readonly QemuObject[] {
  const objects = qemuElements(root, 'commandline').flatMap(({ children }) => argumentsIn(children));
  const settings = objects.filter(({ option }) => option === '-set').flatMap(settingOf);
  const made = objects
    .filter(({ option }) => option !== '-set')
    .map((each): QemuObject => {
      const own = settings.filter(({ id }) => id === each.properties.get('id'));
      return own.length === 0
        ? each
        : {
            ...each,
            properties: new Map([
              ...each.properties,
              ...own.map(({ name, value }) => [name, value] as const),
            ]),
          };
    });
  const ids = new Set(made.flatMap(({ properties }) => properties.get('id') ?? []));
  // A change to a device of libvirt counts as another device.
  const changed = [...settings.filter(({ id }) => !ids.has(id)), ...overrides(root)];
  const byId = new Map<string, QemuObject>();
  for (const { id, name, value, element } of changed) {
    const properties = new Map([...(byId.get(id)?.properties ?? [['id', id]]), [name, value]] as const);
    byId.set(id, { option: '-set', properties, element });
  }
  return [...made, ...byId.values()];
}

interface Setting {
  readonly id: string;
  readonly name: string;
  readonly value: string;
  readonly element: XmlElement;
}

/** `-set device.hostdev0.host=06:00.0` */
function settingOf({ properties, element }: QemuObject): readonly Setting[] {
  const [, id = '', name = '', value = ''] =
    /^device\.([^.]+)\.([^=]+)=(.*)$/s.exec(properties.get('set') ?? '') ?? [];
  return id === '' ? [] : [{ id, name, value, element }];
}

/** `<qemu:override><qemu:device alias='hostdev0'><qemu:frontend><qemu:property name='host' type='string' value='…'/>` */
function overrides(root: XmlElement): readonly Setting[] {
  return qemuElements(root, 'override').flatMap(({ children }) =>
    children.flatMap((device) =>
      device.children
        .flatMap((frontend) => frontend.children)
        .map((element) => ({
          id: device.attributes.get('alias') ?? '',
          name: element.attributes.get('name') ?? '',
          value: element.attributes.get('value') ?? '',
          element,
        })),
    ),
  );
}

function qemuElements(root: XmlElement, local: string): readonly XmlElement[] {
  const outside = namespacesIn(root, NO_NAMESPACES);
  return root.children.filter(
    (child) =>
      splitName(child.name).local === local &&
      namespaceOf(child, namespacesIn(child, outside)) === QEMU_NAMESPACE,
  );
}

function argumentsIn(children: readonly XmlElement[]): readonly QemuObject[] {
  const words = children.filter(({ name }) => splitName(name).local === 'arg');
  return words.flatMap((word, index): readonly QemuObject[] => {
    // QEMU accepts an option with one dash or two.
    const option = (word.attributes.get('value') ?? '').replace(/^--/, '-');
    const implied = IMPLIED[option];
    const element = words[index + 1];
    const value = element?.attributes.get('value');
    if (implied === undefined || element === undefined || value === undefined) return [];
    const properties = option === '-set' ? new Map([['set', value]]) : propertiesIn(value, implied);
    return [{ option, properties, element }];
  });
}

/** `vfio-pci,host=06:00.0,id=x`, in which `,,` is a comma; or JSON with the same content. */
function propertiesIn(text: string, implied: string): ReadonlyMap<string, string> {
  if (text.trimStart().startsWith('{')) return propertiesInJson(text);
  const parts = text.replaceAll(',,', '\0').split(',');
  return new Map(
    parts.map((part, index) => {
      const at = part.indexOf('=');
      const [key, value] =
        at >= 0 ? [part.slice(0, at), part.slice(at + 1)] : index === 0 ? [implied, part] : [part, 'on'];
      return [key, value.replaceAll('\0', ',')] as const;
    }),
  );
}

function propertiesInJson(text: string): ReadonlyMap<string, string> {
  try {
    return new Map(flatten(JSON.parse(text), ''));
  } catch {
    return new Map();
  }
}

/** The names of nested properties in QEMU: `file.driver`. */
function flatten(value: unknown, key: string): readonly (readonly [string, string])[] {
  if (typeof value !== 'object' || value === null) return [[key, String(value)]];
  return Object.entries(value).flatMap(([name, each]) => flatten(each, key === '' ? name : `${key}.${name}`));
}
