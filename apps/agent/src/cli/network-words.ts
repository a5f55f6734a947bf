import type { Command } from 'commander';
import type { Asking } from './asking.ts';
import { confirmed } from './confirm.ts';
import { parseIp } from './network-options.ts';
import { collect, parseLabel } from './options.ts';
import { print, printJson } from './output.ts';
import { table } from './print.ts';

interface CreateOptions {
  readonly subnet?: readonly string[];
  readonly gateway?: readonly string[];
  readonly internal?: true;
  readonly ipv6?: true;
  readonly label?: Readonly<Record<string, string>>;
}

export function networkWords(slipway: Command, { call }: Asking): void {
  const network = slipway.command('network').description('networks of containers');

  network
    .command('create <name>')
    .description('make a network, whose containers reach each other by name')
    .option('--subnet <subnet>', 'its addresses, such as 10.5.0.0/24; one of IPv6, too', collect)
    .option('--gateway <address>', "the host's address in it", collect)
    .option('--internal', 'nothing goes out of it, nothing comes in')
    .option('--ipv6', 'with IPv6 addresses, too')
    .option('--label <label>', 'key=value', parseLabel)
    .action(async (name: string, options: CreateOptions) => {
      const { id } = await call('network-create', {
        name,
        subnets: [...(options.subnet ?? [])],
        gateways: [...(options.gateway ?? [])],
        internal: options.internal === true,
        ipv6: options.ipv6 === true,
        labels: { ...options.label },
      });
      print(`${id}\n`);
    });

  network
    .command('ls')
    .alias('list')
    .description('list networks')
    .option('-q, --quiet', 'only ids')
    .option('--format <format>', 'json')
    .action(async (options: { quiet?: true; format?: string }) => {
      const networks = await call('networks', {});
      if (options.format === 'json') {
        printJson(networks);
        return;
      }
      if (options.quiet === true) {
        print(networks.map(({ id }) => `${id.slice(0, 12)}\n`).join(''));
        return;
      }
      const rows = networks.map(({ id, name, subnet, subnet6, internal }) => [
        id.slice(0, 12),
        name,
        [subnet, subnet6].filter((each) => each !== undefined).join(', '),
        internal ? 'internal' : '',
      ]);
      print(table(['NETWORK ID', 'NAME', 'SUBNET', ''], rows));
    });

  network
    .command('inspect <network...>')
    .description('all that is known of networks')
    .action(async (names: readonly string[]) => {
      const found: unknown[] = [];
      for (const name of names) found.push(await call('network-inspect', { network: name }));
      printJson(found);
    });

  network
    .command('rm <network...>')
    .description('remove networks')
    .action(async (names: readonly string[]) => {
      for (const name of names) {
        await call('network-remove', { network: name });
        print(`${name}\n`);
      }
    });

  network
    .command('prune')
    .description('remove the networks that no container is in')
    .option('-f, --force', 'without asking')
    .action(async ({ force }: { force?: true }) => {
      const question = 'This removes all networks that no container is in.';
      if (force !== true && !(await confirmed(question))) return;
      print((await call('network-prune', {})).map((name) => `${name}\n`).join(''));
    });

  network
    .command('connect <network> <container>')
    .description('have a container in a network more')
    .option('--alias <name>', 'what others in it may call it', collect)
    .option('--ip <address>', 'its address', parseIp)
    .option('--ip6 <address>', 'its IPv6 address', parseIp)
    .action(
      async (
        name: string,
        container: string,
        { alias = [], ip, ip6 }: { alias?: readonly string[]; ip?: string; ip6?: string },
      ) => {
        await call('network-connect', {
          ...{ network: name, container, aliases: [...alias] },
          ...(ip !== undefined && { address: ip }),
          ...(ip6 !== undefined && { address6: ip6 }),
        });
      },
    );

  network
    .command('disconnect <network> <container>')
    .description('have it in that network no more')
    .option('-f, --force', 'as it is done anyway')
    .action(async (name: string, container: string) => {
      await call('network-disconnect', { network: name, container });
    });
}
