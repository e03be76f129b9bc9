import { describe, expect, test } from 'vitest';
import { PortalGunError } from '../../../lib/base/errors.ts';
import {
  CATEGORIES,
  guessCategory,
  nearCategory,
  parseCategory,
} from '../../../lib/libvirt/machine/category.ts';

const problemOf = (raw: string): PortalGunError => {
  try {
    parseCategory(raw, '--type');
  } catch (error) {
    if (error instanceof PortalGunError) return error;
    throw error;
  }
  throw new Error(`${raw} is taken`);
};

describe('a category', () => {
  test.each([...CATEGORIES, 'a', 'my-own-2', `a${'b'.repeat(62)}`])('may be %s', (name) => {
    expect(parseCategory(name, '--type')).toBe(name);
  });

  test.each(['', 'Router', '2nd', '-a', 'a b', 'a_b', 'ü', 'a\n', `a${'b'.repeat(63)}`, 'a"b', '../a'])(
    'may not be %j',
    (name) => {
      expect(problemOf(name)).toMatchObject({ code: 'BAD_ARGUMENT', subject: '--type' });
    },
  );

  test('that is written wrong gets a hint', () => {
    expect(problemOf('Router').hint).toBe('did you mean router?');
    expect(problemOf('Wörk').hint).toContain('use host, controller, application, service, router, or');
  });

  test('near a known one is told from one of its own', () => {
    expect(['ruoter', 'routers', 'router', 'storage'].map(nearCategory)).toEqual([
      'router',
      'router',
      undefined,
      undefined,
    ]);
  });
});

describe('a guess', () => {
  test.each([
    ['router0', 'router'],
    ['galaxy-router', 'router'],
    ['GalaxyRouter2', 'router'],
    ['star_rtr_1', 'router'],
    ['microservice', 'service'],
    ['app.mail', 'application'],
    ['universe0 controller', 'controller'],
    ['HOST', 'host'],
    ['router-router', 'router'],
    ['galaxy0', null],
    ['localhost', null],
    ['ghost', null],
    ['routerless', null],
    ['happy', null],
    ['router-or-service', null],
    ['', null],
    ['\u001b[31m', null],
    ['__proto__ constructor', null],
  ])('by the name %j is %s', (name, category) => {
    expect(guessCategory(name)).toBe(category);
  });

  test('takes no time for a long name', () => {
    expect(guessCategory('aA'.repeat(1_000_000))).toBeNull();
  });
});
