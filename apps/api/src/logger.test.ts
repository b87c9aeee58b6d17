import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { createLogger } from './logger.ts';

describe('createLogger', () => {
  it('hides keys and passwords wherever they are usually put', () => {
    const lines: string[] = [];
    const log = createLogger('info', { write: (line: string) => void lines.push(line) });
    const authorization = 'Bearer crk_abc_topsecret';
    log.info({ authorization, headers: { authorization }, req: { headers: { authorization } } }, 'a');
    log.info({ apiKey: 'crk_abc_topsecret', databaseUrl: 'postgresql://u:topsecret@h/d' }, 'b');
    log.info({ config: { databaseUrl: 'topsecret', redisUrl: 'topsecret', port: 1 } }, 'c');
    log.error({ err: new Error('no route to postgresql://u:topsecret@h/d') }, 'd');
    log.info({ reply: { raw: { cookie: 'topsecret' } } }, 'key crk_abcdefghijkl_topsecrettopsecrettopsecret refused');
    assert.equal(lines.length, 5);
    assert.doesNotMatch(lines.join(''), /topsecret/);
    assert.match(lines[2] ?? '', /"port":1/);
  });
});
