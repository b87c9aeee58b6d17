import fs from 'node:fs';

// The engine panics without any data model.
const BARE_MODEL = ['schema.prisma', 'datasource db {\n  provider = "postgresql"\n}\n'];

const optionOf = (argv, name) => {
  const at = argv.findIndex((word) => word === name || word.startsWith(`${name}=`));
  if (at < 0) return undefined;
  return argv[at].includes('=') ? argv[at].slice(argv[at].indexOf('=') + 1) : argv[at + 1];
};

/** The data source arrives as JSON, in some calls as base64 of it. */
function decode(text) {
  try {
    return JSON.parse(text);
  } catch {
    return JSON.parse(Buffer.from(text, 'base64').toString('utf8'));
  }
}

/**
 * Reads the command line that Prisma gives its schema engine.
 *
 * @param {string[]} argv
 * @param {Record<string, string | undefined>} env
 * @returns {{ wantsVersion: boolean, cliCommand: string | null, databaseUrl: string, models: [string, string][] }}
 */
export function parseArguments(argv, env) {
  const datasource = optionOf(argv, '--datasource');
  const paths = argv
    .flatMap((word, at) => (word === '--datamodels' || word === '-d' ? [argv[at + 1]] : []))
    .flatMap((list) => list.split(','));
  const models = paths.map((file) => [file, fs.readFileSync(file, 'utf8')]);
  return {
    wantsVersion: argv.includes('--version') || argv.includes('-V'),
    cliCommand: argv.includes('cli') ? argv[argv.length - 1] : null,
    databaseUrl: (datasource ? decode(datasource).url : undefined) ?? env.DATABASE_URL ?? '',
    models: models.length > 0 ? models : [BARE_MODEL],
  };
}
