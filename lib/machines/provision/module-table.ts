import * as z from 'zod/mini';
import type { YamlFault } from '../../base/yaml-form.ts';
import { key } from '../definition/form-parts.ts';
import type { MachineDefinition, ProvisionEntry } from '../definition/machine-definition.ts';
import { INTERFACES, interfacesForm, interfacesModule } from './modules/network-interfaces.ts';
import { dhcpForm, dhcpModule, firewallForm, firewallModule } from './modules/network-services.ts';
import { filesForm, filesModule, servicesForm, servicesModule } from './modules/service-modules.ts';
import { fstabForm, fstabModule, sharesForm, sharesModule } from './modules/storage-modules.ts';
import {
  hostnameForm,
  hostnameModule,
  kernelModulesForm,
  kernelModulesModule,
  packagesForm,
  packagesModule,
  sysctlForm,
  sysctlModule,
  usersForm,
  usersModule,
} from './modules/system-modules.ts';
import type { ModuleContext, ModuleParts, ProvisionModule } from './provision-module.ts';

interface Row<Form extends z.ZodMiniType> {
  readonly form: Form;
  readonly module: ProvisionModule<z.output<Form>>;
}

function row<Form extends z.ZodMiniType>(form: Form, module: ProvisionModule<z.output<Form>>): Row<Form> {
  return { form, module };
}

/** The modules of provisioning, in the order in which the reference lists them. */
const PROVISION_MODULES = {
  'storage/shares': row(sharesForm, sharesModule),
  'storage/fstab': row(fstabForm, fstabModule),
  [INTERFACES]: row(interfacesForm, interfacesModule),
  'network/dhcp': row(dhcpForm, dhcpModule),
  'network/firewall': row(firewallForm, firewallModule),
  'system/hostname': row(hostnameForm, hostnameModule),
  'system/users': row(usersForm, usersModule),
  'system/packages': row(packagesForm, packagesModule),
  'system/sysctl': row(sysctlForm, sysctlModule),
  'kernel/modules': row(kernelModulesForm, kernelModulesModule),
  files: row(filesForm, filesModule),
  services: row(servicesForm, servicesModule),
} as const;

type ModuleName = keyof typeof PROVISION_MODULES;

/** An entry of `provision`: one module with its options. */
export const provisionEntryForm = z
  .strictObject({
    'storage/shares': moduleKey('storage/shares'),
    'storage/fstab': moduleKey('storage/fstab'),
    [INTERFACES]: moduleKey(INTERFACES),
    'network/dhcp': moduleKey('network/dhcp'),
    'network/firewall': moduleKey('network/firewall'),
    'system/hostname': moduleKey('system/hostname'),
    'system/users': moduleKey('system/users'),
    'system/packages': moduleKey('system/packages'),
    'system/sysctl': moduleKey('system/sysctl'),
    'kernel/modules': moduleKey('kernel/modules'),
    files: moduleKey('files'),
    services: moduleKey('services'),
  })
  .check(
    z.refine((entry) => Object.values(entry).filter((each) => each !== undefined).length <= 1, {
      error: 'must have one module: begin each module with "- "',
    }),
  );

function moduleKey<Name extends ModuleName>(name: Name) {
  const { form, module } = PROVISION_MODULES[name];
  return key(form as (typeof PROVISION_MODULES)[Name]['form'], module.summary);
}

/** The entries of a definition in their plain form. */
export function provisionEntries(
  written: readonly z.output<typeof provisionEntryForm>[],
): readonly ProvisionEntry[] {
  return written.flatMap((entry) =>
    Object.entries(entry).flatMap(([module, options]) =>
      options === undefined ? [] : [{ module, options }],
    ),
  );
}

/** The faults of the modules of a definition, and of modules that exclude each other. */
export function provisionFaults(definition: MachineDefinition): readonly YamlFault[] {
  return definition.provision.flatMap(({ module, options }, index) => {
    const path = ['provision', index, module];
    const first = definition.provision.findIndex((each) => each.module === module);
    return [
      ...(first === index
        ? []
        : [{ path, message: `is already entry ${first + 1} of the list`, hint: 'join both entries' }]),
      ...moduleNamed(module)
        .faults(options, definition)
        .map((fault) => ({
          ...fault,
          path: [...path, ...fault.path],
        })),
    ];
  });
}

/** @throws PortalGunError CANNOT_PROVISION */
export function renderModule({ module, options }: ProvisionEntry, context: ModuleContext): ModuleParts {
  return moduleNamed(module).render(options, context);
}

function moduleNamed(name: string): ProvisionModule<unknown> {
  // The form of a definition admits only modules of this table, with options in their form.
  return PROVISION_MODULES[name as ModuleName].module as unknown as ProvisionModule<unknown>;
}
