import { describeLab, useMachine } from './describe-lab.ts';
import { testBinding } from './test-binding.ts';
import { testConfirmation } from './test-confirmation.ts';
import { testHostUse } from './test-host-use.ts';
import { testRom } from './test-rom.ts';
import { testSriov } from './test-sriov.ts';

// One boot for all: it takes as long as many of the tests.
describeLab('changes on a real kernel', (root) => {
  const machine = useMachine(root, 'intel', { kernelArguments: ['lockdown=integrity'] });

  testConfirmation(machine);
  testSriov(machine);
  testRom(machine);
  testHostUse(machine);
  testBinding(machine);
});
