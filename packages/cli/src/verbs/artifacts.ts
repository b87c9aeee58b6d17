import { EXIT } from '../exit-code.ts';
import { resolveJobId } from '../job-id.ts';
import { saveBody } from '../save-body.ts';
import { table } from '../table.ts';
import { textOf, type Verb } from '../verb.ts';

export const artifacts: Verb = {
  usage: 'ID [NAME]',
  summary: 'list the files that a job left, or fetch one of them',
  help: ['-o, --output FILE  where to write it; its own name in this folder if absent'],
  options: { output: { type: 'string', short: 'o' } },
  arity: [1, 2],
  async run({ client, json, print, note }, [word = '', name], values) {
    const id = await resolveJobId(client, word);
    if (name === undefined) {
      const list = await client.artifacts(id);
      if (json) print(JSON.stringify(list));
      else {
        const rows = list.map((one) => [one.name, one.mediaType, one.bytes, one.sha256.slice(0, 12)]);
        for (const line of table(['name', 'type', 'bytes', 'sha-256'], rows)) print(line);
      }
      return EXIT.done;
    }
    const answer = await client.download(id, name);
    // The last segment alone: a name must not choose another folder.
    const output = textOf(values, 'output') ?? name.split(/[/\\]/).at(-1) ?? name;
    await saveBody(answer, output);
    note(`written to ${output}`);
    return EXIT.done;
  },
};
