import { nativeArchitecture, type SeccompProfile } from '@slipway/runtime';
import { z } from 'zod';

const condition = z.object({
  arches: z.array(z.string()).optional(),
  caps: z.array(z.string()).optional(),
  minKernel: z.string().optional(),
});

const rule = z
  .object({
    name: z.string().optional(),
    names: z.array(z.string()).optional(),
    action: z.string(),
    errnoRet: z.number().optional(),
    args: z
      .array(
        z.object({
          index: z.number(),
          value: z.number(),
          valueTwo: z.number().optional(),
          op: z.string(),
        }),
      )
      .nullish(),
    includes: condition.nullish(),
    excludes: condition.nullish(),
  })
  .refine(({ name, names }) => (name === undefined) !== (names === undefined), {
    error: 'has either name or names',
  });

/** A profile as Docker's `--security-opt seccomp=<file>` takes it; what else it says would go unheard, so is refused. */
export const seccompFile = z.strictObject({
  comment: z.string().optional(),
  defaultAction: z.string(),
  defaultErrnoRet: z.number().optional(),
  architectures: z.array(z.string()).nullish(),
  archMap: z
    .array(
      z.object({
        architecture: z.string(),
        subArchitectures: z.array(z.string()).nullish(),
      }),
    )
    .nullish(),
  syscalls: z.array(rule).nullish(),
});

export type SeccompFile = z.infer<typeof seccompFile>;

/** The profile for one architecture, in Go's words. */
export function profileOf(file: SeccompFile, architecture: string): SeccompProfile {
  const native = nativeArchitecture(architecture);
  const mapped = file.archMap?.find((each) => each.architecture === native);
  const architectures =
    mapped === undefined
      ? (file.architectures ?? [])
      : [mapped.architecture, ...(mapped.subArchitectures ?? [])];
  return {
    defaultAction: file.defaultAction,
    ...(file.defaultErrnoRet !== undefined && { defaultErrnoRet: file.defaultErrnoRet }),
    architectures: { [architecture]: architectures },
    rules: (file.syscalls ?? []).map(
      ({ name, names, action, errnoRet, args, includes, excludes }) => ({
        names: names ?? (name === undefined ? [] : [name]),
        action,
        ...(errnoRet !== undefined && { errnoRet }),
        ...(args && { args: args.map(argument) }),
        ...(includes && { includes: conditionOf(includes) }),
        ...(excludes && { excludes: conditionOf(excludes) }),
      }),
    ),
  };
}

const argument = ({
  index,
  value,
  valueTwo,
  op,
}: {
  readonly index: number;
  readonly value: number;
  readonly valueTwo?: number | undefined;
  readonly op: string;
}) => ({ index, value, op, ...(valueTwo !== undefined && { valueTwo }) });

const conditionOf = ({ arches, caps, minKernel }: z.infer<typeof condition>) => ({
  ...(arches !== undefined && { arches }),
  ...(caps !== undefined && { caps }),
  ...(minKernel !== undefined && { minKernel }),
});
