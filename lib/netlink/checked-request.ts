import { checkBoolean, checkBytes, checkInteger, checkMilliseconds, checkOptions, checkSignal } from '../arguments.js';
import { invalidArgument } from '../errors.js';
import { endsWithAcknowledgement, isRead } from './names.js';
import type { CheckedRequest } from './pending.js';
import type { Request } from './request.js';

const requestNames = [
  'type',
  'flags',
  'body',
  'acknowledge',
  'repeatable',
  'signal',
  'timeout',
] as const satisfies readonly (keyof Request)[];
/** Checks a request of a caller. Throws NETLANE_INVALID_ARGUMENT. */
export function checkRequest(protocol: number, timeout: number, request: Request): CheckedRequest {
  if (request === undefined) throw invalidArgument('request', 'an object', request);
  checkOptions('request', request, requestNames);
  const { type, flags = 0, body, signal } = request;
  checkInteger('type', type, 0, 0xffff);
  checkInteger('flags', flags, 0, 0xffff);
  if (body !== undefined) checkBytes('body', body);
  checkSignal('signal', signal);
  checkBoolean('acknowledge', request.acknowledge);
  checkBoolean('repeatable', request.repeatable);
  return {
    type,
    flags,
    body,
    acknowledge: request.acknowledge ?? endsWithAcknowledgement(protocol, type),
    repeatable: request.repeatable ?? isRead(protocol, type, flags),
    signal,
    timeout: request.timeout === undefined ? timeout : checkMilliseconds('timeout', request.timeout),
  };
}

/** The request with a body of its own, for when it is read after the call. */
export function ownRequest(request: CheckedRequest): CheckedRequest {
  return request.body === undefined ? request : { ...request, body: request.body.slice() };
}
