/** `text` as a literal inside a LIKE pattern; Prisma's `contains` does not escape it either. */
export const escapeLike = (text: string): string => text.replace(/[\\%_]/g, '\\$&');
