import { useNavigate } from '@tanstack/react-router';
import { Search as Glass } from 'lucide-react';
import { useCallback, useDeferredValue, useEffect, useId, useRef, useState } from 'react';
import { useAnswer } from '../api/queries.ts';
import { FoundLabels } from '../parts/found-labels.tsx';

const SHOWN = 8;

/** Repositories as one types; Enter opens the chosen one, or all that were found. "/" comes here from anywhere. */
export function Search() {
  const [text, setText] = useState('');
  const [open, setOpen] = useState(false);
  const [chosen, setChosen] = useState(-1);
  const asked = useDeferredValue(text.trim());
  const found = useAnswer(
    'listRepositories',
    { query: { q: asked, limit: SHOWN } },
    { enabled: asked !== '' && open },
  );
  const items = asked === '' ? [] : (found.data?.items ?? []);
  const navigate = useNavigate();
  const input = useRef<HTMLInputElement>(null);
  const list = useId();
  useSlash(useCallback(() => input.current?.focus(), []));

  const leave = () => {
    setOpen(false);
    setChosen(-1);
    input.current?.blur();
  };
  const go = (name: string | undefined) => {
    leave();
    if (name === undefined) void navigate({ to: '/search', search: { q: text.trim() } });
    else void navigate({ to: '/r/$', params: { _splat: name } });
  };
  const shown = open && asked !== '' && found.data !== undefined;
  return (
    <div className="relative" role="search">
      <Glass
        size={16}
        aria-hidden
        className="absolute top-1/2 left-3 -translate-y-1/2 text-faint"
      />
      <input
        ref={input}
        type="search"
        role="combobox"
        aria-label="Search repositories"
        aria-expanded={shown}
        aria-controls={list}
        aria-autocomplete="list"
        aria-activedescendant={chosen >= 0 ? `${list}-${chosen}` : undefined}
        placeholder="Search repositories   /"
        autoComplete="off"
        className="h-9 w-full rounded-md border border-line bg-paper pr-3 pl-9 placeholder:text-faint"
        value={text}
        onChange={({ target }) => {
          setText(target.value);
          setOpen(true);
          setChosen(-1);
        }}
        onFocus={() => setOpen(true)}
        onBlur={() => setOpen(false)}
        onKeyDown={(event) => {
          switch (event.key) {
            case 'ArrowDown':
            case 'ArrowUp': {
              event.preventDefault();
              const by = event.key === 'ArrowDown' ? 1 : -1;
              setChosen(Math.max(-1, Math.min(items.length - 1, chosen + by)));
              break;
            }
            case 'Enter':
              go(items[chosen]?.name);
              break;
            case 'Escape':
              leave();
          }
        }}
      />
      {shown && (
        <ul
          id={list}
          role="listbox"
          aria-label="Repositories"
          className="absolute z-30 mt-1 w-full overflow-hidden rounded-lg border border-line bg-sheet p-1 shadow-lg"
        >
          {items.map(({ name, description, labels }, index) => (
            <li
              key={name}
              id={`${list}-${index}`}
              role="option"
              aria-selected={index === chosen}
              className={`cursor-pointer rounded px-3 py-1.5 ${index === chosen ? 'bg-sunk' : ''}`}
              onMouseEnter={() => setChosen(index)}
              // Before the field loses the focus, and the list is gone.
              onMouseDown={(event) => {
                event.preventDefault();
                go(name);
              }}
            >
              <div className="truncate font-medium">{name}</div>
              {description !== '' && (
                <div className="truncate text-sm text-faint">{description}</div>
              )}
              <FoundLabels labels={labels} text={asked} />
            </li>
          ))}
          {items.length === 0 && (
            <li role="option" aria-selected={false} aria-disabled className="px-3 py-2 text-faint">
              No repository that you may see has “{asked}” in its name, description or labels.
            </li>
          )}
        </ul>
      )}
    </div>
  );
}

function useSlash(focus: () => void): void {
  useEffect(() => {
    const press = (event: KeyboardEvent) => {
      const { target } = event;
      const typing =
        target instanceof HTMLElement && target.closest('input, textarea, select, dialog');
      if (event.key !== '/' || typing || event.ctrlKey || event.metaKey || event.altKey) return;
      event.preventDefault();
      focus();
    };
    document.addEventListener('keydown', press);
    return () => document.removeEventListener('keydown', press);
  }, [focus]);
}
