import { CrucibleError, ERRORS, type ErrorCode, type Fault } from '@crucible/contracts';

const isRecord = (value: unknown): value is Record<string, unknown> => typeof value === 'object' && value !== null;

const isErrorCode = (code: unknown): code is ErrorCode => typeof code === 'string' && Object.hasOwn(ERRORS, code);

const isFault = (value: unknown): value is Fault =>
  isRecord(value) && typeof value.pointer === 'string' && typeof value.message === 'string';

/** What an answer without a problem document means, by its status alone: a proxy may have written it. */
const codeOfStatus = (status: number): ErrorCode => {
  if (status === 401) return 'unauthenticated';
  if (status === 403) return 'forbidden';
  if (status === 404) return 'not-found';
  if (status === 429) return 'rate-limited';
  if (status === 502 || status === 503 || status === 504) return 'unavailable';
  return status >= 500 ? 'internal' : 'invalid-request';
};

/** The error that an answer of status 400 or above stands for, with its code and faults. */
export async function errorOfAnswer(response: Response): Promise<CrucibleError> {
  let problem: unknown;
  try {
    problem = await response.json();
  } catch (cause) {
    return new CrucibleError(codeOfStatus(response.status), `The server answered ${response.status}.`, { cause });
  }
  if (!isRecord(problem) || !isErrorCode(problem.code))
    return new CrucibleError(codeOfStatus(response.status), `The server answered ${response.status}.`);
  const { code, detail, errors, ...rest } = problem;
  return new CrucibleError(code as ErrorCode, typeof detail === 'string' ? detail : ERRORS[code as ErrorCode].title, {
    faults: Array.isArray(errors) ? errors.filter(isFault) : [],
    detail: rest,
  });
}
