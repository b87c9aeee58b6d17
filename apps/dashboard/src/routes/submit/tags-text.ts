/** Reads `key=value` pairs parted by commas or line ends. @throws Error naming the pair that has no `=` */
export function tagsOf(text: string): Record<string, string> {
  const tags: Record<string, string> = {};
  for (const pair of text.split(/[,\n]/)) {
    if (pair.trim() === '') continue;
    const sign = pair.indexOf('=');
    if (sign < 1) throw new Error(`"${pair.trim()}" is not of the form key=value.`);
    tags[pair.slice(0, sign).trim()] = pair.slice(sign + 1).trim();
  }
  return tags;
}
