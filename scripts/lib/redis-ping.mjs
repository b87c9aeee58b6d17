import net from 'node:net';
import tls from 'node:tls';

const LIMIT_MS = 2000;

const word = (text) => `$${Buffer.byteLength(text)}\r\n${text}\r\n`;
const command = (...words) => `*${words.length}\r\n${words.map(word).join('')}`;

/**
 * Asks a Redis server whether it is there and lets us in. Speaks the protocol itself, so that it works before the
 * dependencies are installed.
 *
 * @param {string} url `redis://` or `rediss://`, with user and password if the server wants them
 * @returns {Promise<string | null>} null when it answered, else what went wrong
 */
export function redisFault(url) {
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
      resolve(fault);
    };
    socket.setTimeout(LIMIT_MS, () => end('no answer'));
    socket.on('error', (error) => end(error.message));
    socket.on('close', () => end(answer.trim() || 'connection closed'));
    socket.on('data', (chunk) => {
      answer += chunk;
      if (answer.includes('+PONG')) end(null);
      else if (/^-/m.test(answer)) end(answer.trim());
    });
    socket.write(`${login}${command('PING')}`);
  });
}
