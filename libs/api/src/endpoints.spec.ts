import { accessInWords } from './access.ts';
import { nothing } from './endpoint.ts';
import { ENDPOINTS } from './endpoints.ts';

const among = (values: readonly string[]) => new Set(values).size === values.length;

test('no two endpoints have an id, a route or the words of a terminal in common', () => {
  expect(among(ENDPOINTS.map(({ id }) => id))).toBe(true);
  expect(
    among(ENDPOINTS.map(({ method, path }) => `${method} ${path.replace(/\{\w+\}/g, '{}')}`)),
  ).toBe(true);
  expect(among(ENDPOINTS.map(({ words }) => words.replace(/ <.*/, '')))).toBe(true);
});

describe.each(ENDPOINTS.map((endpoint) => [endpoint.id, endpoint] as const))(
  '%s',
  (_, endpoint) => {
    const { answer, body, example, parameters, path, query, status, summary, words } = endpoint;

    test('names every parameter that is in its path, and no other', () => {
      const inPath = [...path.matchAll(/\{(\w+)\}/g)].map(([, name]) => name);
      expect(Object.keys(parameters.shape).sort()).toEqual(inPath.sort());
    });

    test('has words for a terminal in which every parameter stands', () => {
      const inWords = [...words.matchAll(/<(\w+)>/g)].map(([, name = '']) => name);
      const known = { ...parameters.shape, ...query.shape, ...body.shape };
      expect(Object.keys(known)).toEqual(expect.arrayContaining(inWords));
      expect(inWords).toEqual(expect.arrayContaining(Object.keys(parameters.shape)));
    });

    test('has an example that is right', () => {
      if (Object.keys(body.shape).length > 0) body.parse(example.body);
      else expect(example.body).toBeUndefined();
      if (answer === nothing) expect([example.answer, status]).toEqual([undefined, 204]);
      else answer.decode(example.answer);
    });

    test('says what it does and for whom', () => {
      expect(summary).toMatch(/^[A-Z].*[^.]$/);
      expect(accessInWords(endpoint.access)).toMatch(/\.$/);
    });
  },
);
