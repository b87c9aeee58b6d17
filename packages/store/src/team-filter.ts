/** Whose objects a reader is shown: those of this team, or those of every team when it is null. */
export type TeamFilter = string | null;
