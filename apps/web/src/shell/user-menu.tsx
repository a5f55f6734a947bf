import { Link, useNavigate } from '@tanstack/react-router';
import { CircleUser } from 'lucide-react';
import { DropdownMenu } from 'radix-ui';
import { useSession, type Visitor } from '../api/session.ts';
import { buttonLook } from '../parts/button.tsx';

const ITEM =
  'block w-full rounded px-3 py-1.5 text-left text-sm outline-none data-[highlighted]:bg-sunk';

export function UserMenu({ visitor }: { readonly visitor: Visitor }) {
  const { signOut } = useSession();
  const navigate = useNavigate();
  return (
    <DropdownMenu.Root modal={false}>
      <DropdownMenu.Trigger
        className={buttonLook('quiet')}
        aria-label={`${visitor.name}: account and more`}
      >
        <CircleUser size={18} aria-hidden />
        <span className="max-w-40 truncate max-md:hidden">{visitor.name}</span>
      </DropdownMenu.Trigger>
      <DropdownMenu.Portal>
        <DropdownMenu.Content
          align="end"
          sideOffset={6}
          className="z-30 min-w-52 rounded-lg border border-line bg-sheet p-1 shadow-lg"
        >
          <DropdownMenu.Item asChild>
            <Link to="/n/$namespace" params={{ namespace: visitor.name }} className={ITEM}>
              My repositories
            </Link>
          </DropdownMenu.Item>
          <DropdownMenu.Item asChild>
            <Link to="/account" className={ITEM}>
              Account and tokens
            </Link>
          </DropdownMenu.Item>
          <DropdownMenu.Item asChild>
            <Link to="/organisations" className={ITEM}>
              Organisations
            </Link>
          </DropdownMenu.Item>
          {visitor.administrator && (
            <DropdownMenu.Item asChild>
              <Link to="/admin" className={ITEM}>
                Administration
              </Link>
            </DropdownMenu.Item>
          )}
          <DropdownMenu.Separator className="my-1 h-px bg-line" />
          <DropdownMenu.Item
            className={`${ITEM} cursor-pointer`}
            onSelect={() => void signOut().then(() => navigate({ to: '/sign-in' }))}
          >
            Sign out
          </DropdownMenu.Item>
        </DropdownMenu.Content>
      </DropdownMenu.Portal>
    </DropdownMenu.Root>
  );
}
