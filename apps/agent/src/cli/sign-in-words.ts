import { readFileSync } from 'node:fs';
import type { Command } from 'commander';
import type { Asking } from './asking.ts';
import { Refused } from './call-agent.ts';
import { print } from './output.ts';

export function signInWords(slipway: Command, { call }: Asking): void {
  slipway
    .command('login <host>')
    .description('sign in to a registry')
    .requiredOption('-u, --username <name>', 'who you are')
    .option('-p, --password <password>', 'better: --password-stdin')
    .option('--password-stdin', 'read the password from the input')
    .action(
      async (
        host: string,
        options: { username: string; password?: string; passwordStdin?: true },
      ) => {
        const password =
          options.passwordStdin === true
            ? readFileSync(0, 'utf8').replace(/\r?\n$/, '')
            : options.password;
        if (password === undefined) {
          throw new Refused('invalid', 'say --password-stdin and give the password on the input');
        }
        await call('sign-in', { host, username: options.username, password });
        print('Login Succeeded\n');
      },
    );

  slipway
    .command('logout <host>')
    .description('forget the password for a registry')
    .action(async (host: string) => {
      await call('sign-out', { host });
      print(`Removed the sign-in to ${host}\n`);
    });
}
