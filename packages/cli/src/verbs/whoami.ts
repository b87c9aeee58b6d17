import { EXIT } from '../exit-code.ts';
import type { Verb } from '../verb.ts';

export const whoami: Verb = {
  usage: '',
  summary: 'tell whom your key speaks for and what it may do',
  help: [],
  options: {},
  arity: [0, 0],
  async run({ client, json, print }) {
    const me = await client.me();
    if (json) print(JSON.stringify(me));
    else {
      const roles = [me.role, me.clusterRole].filter((role) => role !== null).join(', ');
      print(`${me.user} in team ${me.team} (${roles}), key ${me.key.id} "${me.key.name}" until ${me.key.expiresAt}`);
      print(`in the team: ${me.granted.inTeam.join(' ') || 'nothing'}`);
      if (me.granted.everywhere.length > 0) print(`in every team: ${me.granted.everywhere.join(' ')}`);
      const { maxSlots, maxSlotsPerUser, maxQueued } = me.limits;
      print(`limits: ${maxSlots ?? 'any'} slots, ${maxSlotsPerUser ?? 'any'} per user, ${maxQueued} waiting jobs`);
    }
    return EXIT.done;
  },
};
