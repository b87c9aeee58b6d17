/** An error whose message is meant for the person at the keyboard: it names what is missing and the remedy. */
export class Failure extends Error {
  name = 'Failure';
}

/**
 * First non-empty line of an error, for embedding in another message.
 *
 * @param {unknown} error anything thrown
 */
export function firstLine(error) {
  const text = error instanceof Error ? error.message : String(error);
  return text.split('\n').find((line) => line.trim() !== '') ?? text;
}
