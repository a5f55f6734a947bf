import type { ComponentProps } from 'react';

const LOOK = {
  plain: 'border-line bg-sheet text-ink hover:bg-sunk',
  strong: 'border-transparent bg-sea text-on-sea hover:bg-sea-strong',
  alarming: 'border-alarm bg-sheet text-alarm hover:bg-alarm-soft',
  quiet: 'border-transparent text-faint hover:bg-sunk hover:text-ink',
} as const;

export type Look = keyof typeof LOOK;

/** How a button looks; for links that look like one, too. */
export function buttonLook(look: Look = 'plain'): string {
  return `inline-flex min-h-9 items-center justify-center gap-2 rounded-md border px-3 text-sm font-medium whitespace-nowrap transition-colors disabled:opacity-55 ${LOOK[look]}`;
}

export function Button({
  look,
  className = '',
  ...rest
}: ComponentProps<'button'> & { readonly look?: Look }) {
  return <button type="button" className={`${buttonLook(look)} ${className}`} {...rest} />;
}
