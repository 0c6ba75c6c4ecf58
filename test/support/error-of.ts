import { expect } from 'chai';

/** The error that the call throws; fails the test when it throws none. */
export function errorOf(call: () => unknown): Error {
  try {
    call();
  } catch (error) {
    expect(error).to.be.instanceOf(Error);
    return error as Error;
  }
  throw new Error('the call should have thrown');
}

/** The error that the promise rejects with; fails the test when it resolves. */
export async function rejectionOf(promise: Promise<unknown>): Promise<Error> {
  const [outcome] = await Promise.allSettled([promise]);
  if (outcome.status === 'fulfilled') throw new Error('the promise should have rejected');
  expect(outcome.reason).to.be.instanceOf(Error);
  return outcome.reason as Error;
}
