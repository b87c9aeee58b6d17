import net from 'node:net';
import tls from 'node:tls';

const LIMIT_MS = 2000;

const word = (text) => `$${Buffer.byteLength(text)}\r\n${text}\r\n`;
const command = (...words) => `*${words.length}\r\n${words.map(word).join('')}`;

/**
 * Sends commands to a Redis server, after logging in, and hands what comes back to `isDone` until that is content.
 * Speaks the protocol itself, so that it works before the dependencies are installed.
 *
 * @param {string} url `redis://` or `rediss://`, with user and password if the server wants them
 * @param {string[][]} commands
 * @param {(answer: string) => boolean} isDone
 * @returns {Promise<{ fault: string | null, answer: string }>} `fault`: null when it answered, else what went wrong
 */
function ask(url, commands, isDone) {
  const { protocol, hostname, port, username, password } = new URL(url);
  const secret = decodeURIComponent(password);
  const user = decodeURIComponent(username);
  const login = secret === '' ? '' : command('AUTH', ...(user === '' ? [] : [user]), secret);
  return new Promise((resolve) => {
    const address = { host: hostname, port: Number(port || 6379) };
    const socket = protocol === 'rediss:' ? tls.connect({ ...address, servername: hostname }) : net.connect(address);
    let answer = '';
    const end = (fault) => {
      socket.destroy();
      resolve({ fault, answer });
    };
    socket.setTimeout(LIMIT_MS, () => end('no answer'));
    socket.on('error', (error) => end(error.message));
    socket.on('close', () => end(answer.trim() || 'connection closed'));
    socket.on('data', (chunk) => {
      answer += chunk;
      if (isDone(answer)) end(null);
      else if (/^-/m.test(answer)) end(answer.trim());
    });
    socket.write(`${login}${commands.map((words) => command(...words)).join('')}`);
  });
}

/**
 * Asks a Redis server whether it is there and lets us in.
 *
 * @param {string} url
 * @returns {Promise<string | null>} null when it answered, else what went wrong
 */
export const redisFault = async (url) => (await ask(url, [['PING']], (answer) => answer.includes('+PONG'))).fault;

/**
 * Version and eviction policy of a Redis server.
 *
 * @param {string} url
 * @returns {Promise<{ version: string, policy: string }>} `?` for what it does not tell
 */
export async function redisFacts(url) {
  const commands = [['INFO', 'server'], ['INFO', 'memory'], ['PING']];
  const { answer } = await ask(url, commands, (text) => text.includes('+PONG'));
  const factOf = (name) => new RegExp(`^${name}:(.*?)\\r?$`, 'm').exec(answer)?.[1] ?? '?';
  return { version: factOf('redis_version'), policy: factOf('maxmemory_policy') };
}
