import type { CrucibleClient } from '@crucible/client';
import type { MethodView } from '@crucible/contracts';

/** Reads each method once, however many rows of a table ask for it; a failed reading is not kept. */
export function createMethodReader(client: CrucibleClient): (id: string) => Promise<MethodView> {
  const readings = new Map<string, Promise<MethodView>>();
  return (id) => {
    const known = readings.get(id);
    if (known !== undefined) return known;
    const reading = client.method(id);
    readings.set(id, reading);
    reading.catch(() => readings.delete(id));
    return reading;
  };
}
