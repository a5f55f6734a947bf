import { type Endpoint, isRequiredIn, isSecretField, jsonSchema } from '@slipway/api';
import { InvalidArgumentError, Option } from 'commander';

/** A value that an endpoint takes, as a terminal gives it. */
export interface Field {
  readonly name: string;
  readonly where: 'parameters' | 'query' | 'body';
  readonly kind: 'text' | 'number' | 'yes-or-no' | 'list' | 'scopes' | 'rules' | 'pairs' | 'secret';
  readonly choices: readonly string[] | undefined;
  readonly description: string;
  readonly required: boolean;
}

interface Schema {
  readonly type?: string;
  readonly enum?: readonly string[];
  readonly items?: { readonly type?: string; readonly $ref?: string };
  readonly description?: string;
}

export function fieldsOf(endpoint: Endpoint): readonly Field[] {
  return (['parameters', 'query', 'body'] as const).flatMap((where) => {
    const { shape } = endpoint[where];
    return Object.entries(shape).map(([name, type]) => {
      const schema = jsonSchema(type) as Schema;
      return {
        name,
        where,
        kind: isSecretField(type) ? 'secret' : kindOf(schema),
        choices: schema.enum,
        description: schema.description ?? type.description ?? '',
        required: isRequiredIn(endpoint[where])(name),
      };
    });
  });
}

/** `--create-on-push`, for `createOnPush`. */
export function optionOf(field: Field): Option {
  const { name, kind, choices, description, required } = field;
  const flag = `--${name.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`)}`;
  const option = new Option(`${flag}${VALUES[kind]}`, helpOf(field, description));
  if (choices !== undefined) option.choices(choices);
  if (kind === 'yes-or-no') option.argParser(yesOrNo);
  if (kind === 'number') option.argParser(Number);
  if (kind === 'scopes') option.argParser(addScope);
  if (kind === 'rules') option.argParser(addRule);
  if (kind === 'pairs') option.argParser(addPair);
  return kind === 'secret' ? option : option.makeOptionMandatory(required);
}

const VALUES: Record<Field['kind'], string> = {
  text: ' <text>',
  number: ' <number>',
  'yes-or-no': ' [yes]',
  list: ' <text...>',
  scopes: ' <pattern:actions...>',
  rules: ' <tags:conditions...>',
  pairs: ' <name=value...>',
  secret: '',
};

function helpOf({ kind, required }: Field, description: string): string {
  if (kind === 'yes-or-no') return `${description} Alone it is true.`;
  if (kind === 'rules') return `${description} Say it so: 'v*,!v0*:last=10,days=30,pulled=14'.`;
  if (kind !== 'secret') return description;
  return `${description} ${required ? 'It is' : 'With this option it is'} asked for, or read as a line of the standard input.`;
}

function kindOf({ type, items }: Schema): Field['kind'] {
  switch (type) {
    case 'integer':
    case 'number':
      return 'number';
    case 'boolean':
      return 'yes-or-no';
    case 'object':
      return 'pairs';
    case 'array':
      if (items?.$ref === '#/$defs/RetentionRule') return 'rules';
      return items?.type === 'object' ? 'scopes' : 'list';
    case undefined:
    default:
      return 'text';
  }
}

function yesOrNo(text: string): boolean {
  if (text === 'true' || text === 'yes') return true;
  if (text === 'false' || text === 'no') return false;
  throw new InvalidArgumentError('say true or false');
}

interface Scope {
  readonly repositories: string;
  readonly actions: readonly string[];
}

/** `acme/web-*:pull,push` */
function addScope(text: string, before: readonly Scope[] = []): readonly Scope[] {
  const [repositories, actions] = text.split(':');
  if (repositories === undefined || actions === undefined) {
    throw new InvalidArgumentError('say a pattern, a colon and actions: acme/web-*:pull,push');
  }
  return [...before, { repositories, actions: actions.split(',') }];
}

const CONDITIONS = new Map([
  ['last', 'keepLast'],
  ['days', 'keepNewerThanDays'],
  ['pulled', 'keepPulledWithinDays'],
]);

/** `v*,!v0*:last=10,days=30,pulled=14` */
function addRule(text: string, before: readonly object[] = []): readonly object[] {
  const [tags = '', conditions = '', ...more] = text.split(':');
  const kept = conditions.split(',').map((condition) => {
    const [name = '', value = ''] = condition.split('=');
    const meant = CONDITIONS.get(name);
    if (meant === undefined || !/^\d+$/.test(value) || more.length > 0) {
      throw new InvalidArgumentError(
        "say tags, a colon and what keeps them: 'v*,!v0*:last=10,days=30,pulled=14'",
      );
    }
    return [meant, Number(value)] as const;
  });
  return [...before, { tags: tags.split(','), ...Object.fromEntries(kept) }];
}

function addPair(
  text: string,
  before: Readonly<Record<string, string>> = {},
): Readonly<Record<string, string>> {
  const at = text.indexOf('=');
  if (at < 1) throw new InvalidArgumentError('say a name, an equals sign and a value');
  return { ...before, [text.slice(0, at)]: text.slice(at + 1) };
}
