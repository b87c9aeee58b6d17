import crypto from 'node:crypto';
import fs from 'node:fs';
import path from 'node:path';
import { promisify } from 'node:util';
import { gunzip } from 'node:zlib';
import { extractPackages } from './debfetch.mjs';
import { Failure, firstLine } from './failure.mjs';
import { log, step } from './log.mjs';

const unpack = promisify(gunzip);

/** sha256 of the unpacked bytes: the same in every packing, which the compressed files' hashes are not. */
const FILES = {
  'train-images-idx3-ubyte': 'c59f468a2f672dc815687fe0f83887768d799fd8a3f3276145d20f83aa44d888',
  'train-labels-idx1-ubyte': 'bad3541b69d912435c50bb6ba87bec294ff4f6a2e1246121d8633921760443d9',
  't10k-images-idx3-ubyte': '5b4141f0afbad91edebe8549f8fcffe087ea10ca49f1dbef5c9a5cd8815ce37b',
  't10k-labels-idx1-ubyte': '0402a96d92fd2663957122ceb108a494c5af83dab82d92729df917d7dec38c34',
};
const PACKAGE = 'dataset-fashion-mnist';
const PACKAGE_FOLDER = 'usr/share/datasets/fashion-mnist';
const UPSTREAM = 'http://fashion-mnist.s3-website.eu-central-1.amazonaws.com';

async function checked(name, compressed) {
  const found = crypto
    .createHash('sha256')
    .update(await unpack(compressed))
    .digest('hex');
  if (found !== FILES[name]) throw new Error(`${name}: sha256 is ${found}, want ${FILES[name]}`);
  return compressed;
}

async function copyFrom(folder, draft) {
  for (const name of Object.keys(FILES)) {
    const bytes = await checked(name, fs.readFileSync(path.join(folder, `${name}.gz`)));
    fs.writeFileSync(path.join(draft, `${name}.gz`), bytes);
  }
}

async function fromPackage(draft) {
  const unpacked = `${draft}.package`;
  fs.rmSync(unpacked, { recursive: true, force: true });
  await extractPackages([PACKAGE], unpacked);
  await copyFrom(path.join(unpacked, PACKAGE_FOLDER), draft);
  fs.rmSync(unpacked, { recursive: true, force: true });
}

async function fromUpstream(draft) {
  for (const name of Object.keys(FILES)) {
    const response = await fetch(`${UPSTREAM}/${name}.gz`, { signal: AbortSignal.timeout(300_000) });
    if (!response.ok) throw new Error(`${name}.gz: HTTP ${response.status}`);
    const bytes = await checked(name, Buffer.from(await response.arrayBuffer()));
    fs.writeFileSync(path.join(draft, `${name}.gz`), bytes);
  }
}

const SOURCES = [
  ['an installed package', (draft) => copyFrom(path.join('/', PACKAGE_FOLDER), draft)],
  [`the distribution's package ${PACKAGE}`, fromPackage],
  ['the authors', fromUpstream],
];

/**
 * Makes sure that the four Fashion-MNIST files (60,000 training and 10,000 test images, MIT licence) lie in
 * `<dataDir>/fashion-mnist`, every byte checked.
 *
 * @param {string} dataDir folder with one sub-folder per data set
 * @throws {Failure} with what every source said, when none has it
 */
export async function ensureFashionMnist(dataDir) {
  const home = path.join(dataDir, 'fashion-mnist');
  if (hasFashionMnist(dataDir)) return;
  const draft = `${home}.draft`;
  await step('fetch Fashion-MNIST', async () => {
    const said = [];
    for (const [source, fetchInto] of SOURCES) {
      fs.rmSync(draft, { recursive: true, force: true });
      fs.mkdirSync(draft, { recursive: true });
      try {
        await fetchInto(draft);
        fs.rmSync(home, { recursive: true, force: true });
        fs.renameSync(draft, home);
        log(`Fashion-MNIST: from ${source}, checked`);
        return;
      } catch (error) {
        said.push(`${source}: ${firstLine(error)}`);
      }
    }
    throw new Failure(
      `Fashion-MNIST cannot be had. Put its four .gz files into ${home} and run again.\n  ${said.join('\n  ')}`,
    );
  });
}

/**
 * True when all four files are there, compressed or not; their bytes are checked when they are fetched, and again by
 * the reader's header check.
 *
 * @param {string} dataDir
 */
export function hasFashionMnist(dataDir) {
  const at = (name) => path.join(dataDir, 'fashion-mnist', name);
  return Object.keys(FILES).every((name) => fs.existsSync(at(`${name}.gz`)) || fs.existsSync(at(name)));
}
