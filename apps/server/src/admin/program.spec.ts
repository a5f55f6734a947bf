import { ENDPOINTS } from '@slipway/api';
import type { Command } from 'commander';
import { programFor } from './program.ts';

function program(): Command {
  return programFor({
    settings: { dataDir: '/nowhere', token: undefined },
    print: () => undefined,
    secret: () => Promise.reject(new Error('nobody is there')),
  });
}

function commandOf(words: string): Command | undefined {
  const names = words.split(' ').filter((word) => !word.startsWith('<'));
  return names.reduce<Command | undefined>(
    (command, name) => command?.commands.find((each) => each.name() === name),
    program(),
  );
}

describe.each(ENDPOINTS.map((endpoint) => [endpoint.words, endpoint] as const))(
  '%s',
  (words, endpoint) => {
    const command = commandOf(words);

    test('is a command that says what it does', () => {
      expect(command?.description()).toContain(endpoint.summary);
    });

    test('takes everything that the endpoint takes, as an argument or as an option', () => {
      const taken = [
        ...(command?.registeredArguments.map((argument) => argument.name()) ?? []),
        ...(command?.options.map((option) => option.attributeName()) ?? []),
      ];
      const { parameters, query, body } = endpoint;
      const known = Object.keys({ ...parameters.shape, ...query.shape, ...body.shape });
      expect([...taken].sort()).toEqual(known.sort());
    });
  },
);
