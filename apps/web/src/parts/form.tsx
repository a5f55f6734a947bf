import { type ComponentProps, type ReactNode, useId, useState } from 'react';
import { Button, type Look } from './button.tsx';
import { Notice } from './states.tsx';

const BOX =
  'w-full rounded-md border border-line bg-sheet px-3 py-1.5 text-ink placeholder:text-faint min-h-9';

/** A name for what is entered, and what may be said about it. */
function Field({
  label,
  hint,
  children,
}: {
  readonly label: string;
  readonly hint?: ReactNode;
  readonly children: (id: string, described: string | undefined) => ReactNode;
}) {
  const id = useId();
  return (
    <div>
      <label htmlFor={id} className="mb-1 block text-sm font-medium">
        {label}
      </label>
      {children(id, hint === undefined ? undefined : `${id}-hint`)}
      {hint !== undefined && (
        <p id={`${id}-hint`} className="mt-1 text-sm text-faint">
          {hint}
        </p>
      )}
    </div>
  );
}

export function TextField({
  label,
  hint,
  ...rest
}: { readonly label: string; readonly hint?: ReactNode } & ComponentProps<'input'>) {
  return (
    <Field label={label} hint={hint}>
      {(id, described) => <input id={id} aria-describedby={described} className={BOX} {...rest} />}
    </Field>
  );
}

export function TextArea({
  label,
  hint,
  ...rest
}: { readonly label: string; readonly hint?: ReactNode } & ComponentProps<'textarea'>) {
  return (
    <Field label={label} hint={hint}>
      {(id, described) => (
        <textarea
          id={id}
          aria-describedby={described}
          className={`${BOX} font-mono text-sm`}
          {...rest}
        />
      )}
    </Field>
  );
}

export function Choice({
  label,
  hint,
  options,
  ...rest
}: {
  readonly label: string;
  readonly hint?: ReactNode;
  readonly options: readonly (readonly [value: string, words: string])[];
} & ComponentProps<'select'>) {
  return (
    <Field label={label} hint={hint}>
      {(id, described) => (
        <select id={id} aria-describedby={described} className={BOX} {...rest}>
          {options.map(([value, words]) => (
            <option key={value} value={value}>
              {words}
            </option>
          ))}
        </select>
      )}
    </Field>
  );
}

/** Sends what was entered, and says why it was not taken. `onSubmit` throws what is to be said. */
export function Form({
  submit,
  look = 'strong',
  onSubmit,
  children,
  extra,
}: {
  readonly submit: string;
  readonly look?: Look;
  readonly onSubmit: (entered: Readonly<Record<string, string>>) => Promise<unknown>;
  readonly children?: ReactNode;
  readonly extra?: ReactNode;
}) {
  const [busy, setBusy] = useState(false);
  const [refusal, setRefusal] = useState<string>();
  const send = async (form: HTMLFormElement) => {
    setBusy(true);
    setRefusal(undefined);
    try {
      const entered = [...new FormData(form)].flatMap(([name, value]) =>
        typeof value === 'string' ? [[name, value]] : [],
      );
      await onSubmit(Object.fromEntries(entered) as Record<string, string>);
    } catch (error) {
      setRefusal(error instanceof Error ? error.message : String(error));
    } finally {
      setBusy(false);
    }
  };
  return (
    <form
      className="space-y-4"
      onSubmit={(event) => {
        event.preventDefault();
        void send(event.currentTarget);
      }}
    >
      {children}
      {refusal !== undefined && <Notice tone="alarm">{refusal}</Notice>}
      <div className="flex flex-wrap items-center gap-2">
        <Button type="submit" look={look} disabled={busy}>
          {busy ? 'One moment …' : submit}
        </Button>
        {extra}
      </div>
    </form>
  );
}
