import { describe, expect, test } from 'vitest';
import { ApiError, errorOf, queryText } from './api.ts';
import { fieldErrors } from './forms/use-api-form.ts';

const problem = (fields: object) =>
  JSON.stringify({
    type: 'about:blank',
    title: 'x',
    status: 422,
    detail: 'The name is taken.',
    code: 'invalid_request',
    request_id: 'r-1',
    errors: [],
    ...fields,
  });

describe('a refusal', () => {
  test('keeps the sentence, the code and the request id of the server', () => {
    expect(errorOf(409, problem({ code: 'stale_rev', detail: 'Saved in between.' }), null)).toMatchObject({
      status: 409,
      code: 'stale_rev',
      message: 'Saved in between.',
      requestId: 'r-1',
      isPassing: false,
    });
  });

  test('tells which field is wrong, by its path without the word body, the first message of each', () => {
    const errors = [
      { type: 'too_small', loc: ['body', 'name'], msg: 'Too short.', input: '' },
      { type: 'invalid', loc: ['name'], msg: 'Second.', input: '' },
      { type: 'invalid', loc: ['body', 'origins', 2], msg: 'No origin.', input: 'x' },
    ];
    expect(errorOf(422, problem({ errors }), null).fields).toEqual({ name: 'Too short.', 'origins.2': 'No origin.' });
  });

  test('that is a page of a proxy is told apart by its status, with the request id of the header', () => {
    expect(errorOf(502, '<html>Bad gateway</html>', 'r-9')).toMatchObject({ code: 'unavailable', requestId: 'r-9', isPassing: true });
    expect(errorOf(500, 'oops', null)).toMatchObject({ code: 'unreadable', isPassing: false });
  });

  test.each([
    [0, true],
    [429, true],
    [503, true],
    [400, false],
    [404, false],
    [500, false],
  ])('with status %i may pass by itself: %s', (status, isPassing) => expect(new ApiError(status, 'x', 'x').isPassing).toBe(isPassing));
});

test('what is wrong with an entry of a list is shown at the list; what is no field of the form is not', () => {
  const error = new ApiError(422, 'invalid_request', 'x', { fields: { 'origins.2': 'No origin.', 'origins.3': 'Neither.', elsewhere: 'Hidden.' } });
  expect(fieldErrors(error, { name: '', origins: [] })).toEqual({ origins: 'No origin.' });
  expect(fieldErrors(new Error('x'), { name: '' })).toEqual({});
});

test('a query leaves out what is empty', () => {
  expect(queryText({ q: 'a b', role: '', cursor: null, limit: 5, none: undefined })).toBe('?q=a+b&limit=5');
  expect(queryText({ q: '' })).toBe('');
  expect(queryText()).toBe('');
});
