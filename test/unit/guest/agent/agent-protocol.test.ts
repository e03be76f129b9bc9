import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type AgentMessage, AgentProtocol } from '../../../../lib/guest/agent/agent-protocol.ts';

const NONCE = '00ff00ff';
const BOOT = '6f1f4f0e-0c0d-4b1e-9d2a-2f4a3b1c0d0e';
const HELLO = `pg1 0 hello 0 ${NONCE} proto=1 boot=${BOOT} uptime=3.25 caps=exec,put,get,event,status\n`;

interface Started {
  readonly protocol: AgentProtocol;
  readonly take: (text: string | Uint8Array) => readonly AgentMessage[];
}

function started(): Started {
  const protocol = new AgentProtocol(NONCE);
  const take = (text: string | Uint8Array): readonly AgentMessage[] => [
    ...protocol.feed(typeof text === 'string' ? Buffer.from(text) : text),
  ];
  return { protocol, take };
}

/** A session with requests 1 (exec, 100 bytes), 2 (put, 50 bytes), 3 (get, 100 bytes) and 4 (status). */
function open(): Started {
  const { protocol, take } = started();
  take(HELLO);
  protocol.exec(Buffer.from('true'), Buffer.from('in'), 100);
  protocol.put('/a', 50, '0'.repeat(64), { mode: 0o600, uid: 0, gid: 0 });
  protocol.get('/b', 100, { blocks: 0, sha256: '0'.repeat(64) });
  protocol.status();
  return { protocol, take };
}

describe('a session with an agent', () => {
  it('sends requests as frames', () => {
    const { protocol } = started();
    expect(Buffer.from(protocol.hello).toString()).toBe(`\npg1 0 hello 0 ${NONCE}\n`);
    const text = (request: { bytes: Uint8Array }) => Buffer.from(request.bytes).toString();
    expect(text(protocol.exec(Buffer.from('true'), Buffer.from('in'), 1))).toBe('pg1 1 exec 6 4\ntruein');
    expect(text(protocol.put('/a b', 5, 'ff', { mode: 0o4755, uid: 1, gid: 2 }))).toBe(
      'pg1 2 put 4 5 ff 4755 1 2\n/a b',
    );
    expect(text(protocol.get('/c', 9, { blocks: 2, sha256: 'ee' }))).toBe('pg1 3 get 2 2 ee\n/c');
    expect(text(protocol.status())).toBe('pg1 4 status 0\n');
    expect(Buffer.from(protocol.data(2, Buffer.from('xyz'))).toString()).toBe('pg1 2 data 3\nxyz');
    expect(Buffer.from(protocol.end(2)).toString()).toBe('pg1 2 end 0\n');
    expect(Buffer.from(protocol.kill(1, 'TERM')).toString()).toBe('pg1 1 kill 0 TERM\n');
  });

  it('skips the rest of an earlier session, whatever pieces it comes in', () => {
    const stale = `half a frame pg1 0 hello 0 aa proto=1\npg1 7 out 400\n${'x'.repeat(300)}\npg1 0 start 0 boot=${BOOT}\n\n`;
    for (const size of [1, 7, 10_000]) {
      const { protocol, take } = started();
      const bytes = Buffer.from(`${stale}${HELLO}pg1 0 event 4\nboot`);
      const messages: AgentMessage[] = [];
      for (let at = 0; at < bytes.length; at += size) messages.push(...take(bytes.subarray(at, at + size)));
      expect(protocol.failure).toBe(null);
      expect(messages).toEqual([
        {
          kind: 'hello',
          hello: {
            protocol: 1,
            bootId: BOOT,
            uptimeSeconds: 3.25,
            capabilities: ['exec', 'put', 'get', 'event', 'status'],
          },
        },
        { kind: 'event', name: 'boot', data: new Uint8Array() },
      ]);
    }
  });

  it('gives each answer to its request', () => {
    const { protocol, take } = open();
    const sum = 'a'.repeat(64);
    const messages = take(
      'pg1 1 out 3\nabcpg1 3 at 0 0\npg1 1 err 2\ndepg1 3 data 2\nfgpg1 2 at 0 25\npg1 4 ok 0 uptime=1\n' +
        `pg1 1 done 0 7\npg1 2 fail 4 failed\nfullpg1 3 ok 0 ${sum}\n`,
    );
    expect(protocol.failure).toBe(null);
    expect(
      messages.map(({ kind, ...rest }) => {
        const bytes = 'bytes' in rest ? rest.bytes : 'text' in rest ? rest.text : new Uint8Array();
        return `${kind} ${'id' in rest ? rest.id : ''} ${Buffer.from(bytes).toString()}`.trim();
      }),
    ).toEqual([
      'output 1 abc',
      'at 3',
      'output 1 de',
      'data 3 fg',
      'at 2',
      'ok 4',
      'done 1',
      'fail 2 full',
      'ok 3',
    ]);
  });

  it.each([
    [
      HELLO.replace('proto=1', 'proto=99'),
      'it speaks version "99" of the protocol, and this program version 1',
    ],
    [HELLO.replace(BOOT, 'x'), 'its hello has no boot id, or no uptime'],
    ['x'.repeat(5 * 1024 * 1024), 'it sent 4194304 bytes, but no answer to a hello'],
  ])('refuses a greeting: %.60s', (text, failure) => {
    const { protocol, take } = started();
    expect(take(text)).toEqual([]);
    expect(protocol.failure).toBe(failure);
    expect(take(HELLO)).toEqual([]);
  });

  it.each([
    ['x'.repeat(300), 'a header has more than 256 bytes: "xxxxx'],
    ['pg1 1 out 99999999\n', 'a frame has more than 1048576 bytes: "pg1 1 out 99999999"'],
    ['pg1 1 out -1\n', 'a line is not a header of a frame: "pg1 1 out -1"'],
    ['pg1 1 out 1 \u001b[2J\n', 'a line is not a header of a frame: "pg1 1 out 1 \\x1b[2J"'],
    ['\n'.repeat(50), 'too many empty lines: ""'],
    ['pg1 9 out 1\n', 'it sent a frame for request 9, which does not exist'],
    ['pg1 1 at 0 1\n', 'it answered exec with a frame "at"'],
    ['pg1 0 hello 0\n', 'it sent a frame "hello" that no request asked for'],
    [`pg1 0 start 0 boot=${BOOT}\n`, 'it rebooted'],
    ['pg1 1 done 0 256\n', 'it reported an exit status "256"'],
    ['pg1 1 done 0 -1\n', 'it reported an exit status "-1"'],
    ['pg1 1 done 5 0\n', 'its frame "done" has a content'],
    ['pg1 1 done 0 0\npg1 1 out 1\n', 'it sent a frame for request 1, which does not exist'],
    ['pg1 2 at 0 51\n', 'it continues a file at "51"'],
    ['pg1 2 ok 0\n', 'it ended a transfer that had not begun'],
    ['pg1 3 data 1\na', 'it sent a file before its position'],
    ['pg1 3 at 0 0\npg1 3 ok 0\n', 'it sent a file without its SHA-256'],
    ['pg1 4 fail 5000 failed\n', 'its frame "fail" has 5000 bytes'],
    ['pg1 0 event 3\n\u001b[2', 'it sent an event without a name'],
    ['pg1 4 ok 0 a b c d e\n', 'its frame "ok" has 5 words'],
  ])('ends if a guest lies: %j', (text, failure) => {
    const { protocol, take } = open();
    take(text);
    expect(protocol.failure).toContain(failure);
    expect(take('pg1 1 done 0 0\n')).toEqual([]);
  });

  it('reports too much output once, drops it, and ends if it does not stop', () => {
    const { protocol, take } = open();
    const frame = Buffer.concat([Buffer.from('pg1 1 out 1048576\n'), new Uint8Array(1024 * 1024)]);
    expect(take(frame)).toEqual([{ kind: 'too-much', id: 1 }]);
    for (let index = 0; index < 14; index += 1) expect(take(frame)).toEqual([]);
    expect(protocol.failure).toBe(null);
    for (let index = 0; index < 3; index += 1) take(frame);
    expect(protocol.failure).toBe('it sent output of a script after the script was ended');
  });

  it('survives streams that are changed anywhere', () => {
    const sum = 'a'.repeat(64);
    const stream = Buffer.from(
      `${HELLO}pg1 1 out 3\nabcpg1 3 at 0 0\npg1 1 err 2\ndepg1 3 data 2\nfgpg1 2 at 0 25\npg1 0 event 8\nboot now` +
        `pg1 4 ok 0 uptime=1\npg1 1 done 0 7\npg1 2 fail 4 failed\nfullpg1 3 ok 0 ${sum}\n`,
    );
    const change = fc.record({
      at: fc.nat(stream.length - 1),
      drop: fc.nat(8),
      add: fc.oneof(
        fc.uint8Array({ maxLength: 8 }),
        fc.constantFrom('pg1 ', '\n', ' 0 ', '1048577', '-', '\u001b', '\0').map((text) => Buffer.from(text)),
      ),
    });
    fc.assert(
      fc.property(
        fc.array(change, { minLength: 1, maxLength: 4 }),
        fc.integer({ min: 1, max: 64 }),
        (changes, size) => {
          let bytes: Uint8Array = stream;
          for (const { at, drop, add } of changes) {
            bytes = Buffer.concat([bytes.subarray(0, at), add, bytes.subarray(at + drop)]);
          }
          const { protocol, take } = started();
          protocol.exec(Buffer.from('true'), new Uint8Array(), 100);
          protocol.put('/a', 50, sum, { mode: 0o600, uid: 0, gid: 0 });
          protocol.get('/b', 100, { blocks: 0, sha256: sum });
          protocol.status();
          let received = 0;
          for (let at = 0; at < bytes.length; at += size) {
            for (const message of take(bytes.subarray(at, at + size))) {
              if ('bytes' in message) received += message.bytes.length;
              if (message.kind === 'done') expect(message.status).toBeLessThan(256);
              if (message.kind === 'at') expect(message.offset).toBeLessThanOrEqual(100);
            }
          }
          expect(received).toBeLessThanOrEqual(bytes.length);
          // biome-ignore lint/suspicious/noControlCharactersInRegex: none may be in it
          expect(protocol.failure ?? '').not.toMatch(/[\x00-\x1f\x7f-\x9f]/);
        },
      ),
      { numRuns: Number(process.env['MUTATED_STREAMS'] ?? 2000) },
    );
  });
});
