import { Check, Copy } from 'lucide-react';
import { useState } from 'react';
import { Button } from './button.tsx';

/** A button that copies a text, and says that it has. */
export function CopyButton({ text, what }: { readonly text: string; readonly what: string }) {
  const [copied, setCopied] = useState(false);
  const copy = async () => {
    await navigator.clipboard.writeText(text);
    setCopied(true);
    setTimeout(() => setCopied(false), 2000);
  };
  return (
    <Button
      look="quiet"
      className="-my-1.5 px-2"
      aria-label={copied ? `Copied ${what}` : `Copy ${what}`}
      title={copied ? 'Copied' : `Copy ${what}`}
      onClick={() => void copy()}
    >
      {copied ? <Check size={16} aria-hidden /> : <Copy size={16} aria-hidden />}
      <span role="status" className="sr-only">
        {copied ? 'Copied' : ''}
      </span>
    </Button>
  );
}

/** A command in one line, to be copied. */
export function Command({
  text,
  what = 'the command',
}: {
  readonly text: string;
  readonly what?: string;
}) {
  return (
    <div className="flex items-center gap-1 rounded-md border border-line bg-sunk py-0.5 pr-1 pl-3">
      <code
        className="min-w-0 flex-1 overflow-x-auto py-1.5 font-mono text-[13px] whitespace-nowrap"
        tabIndex={0}
        aria-label={what}
        role="textbox"
        aria-readonly
      >
        {text}
      </code>
      <CopyButton text={text} what={what} />
    </div>
  );
}
