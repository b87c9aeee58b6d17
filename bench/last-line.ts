/**
 * Says the line of JSON for machines: the launcher prints it after all that it has to say itself. Settles once the line
 * is sent; a process that exits before may take it along.
 */
export const tellLastLine = (line: string): Promise<void> =>
  new Promise((resolve, reject) => {
    if (process.send === undefined) {
      console.log(line);
      resolve();
    } else process.send({ lastLine: line }, undefined, {}, (error) => (error === null ? resolve() : reject(error)));
  });
