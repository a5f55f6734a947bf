import { Link, Outlet, useLocation } from '@tanstack/react-router';
import { Moon, Sun } from 'lucide-react';
import { useEffect, useRef } from 'react';
import { useLive } from '../api/live.ts';
import { useVisitor } from '../api/session.ts';
import { Button, buttonLook } from '../parts/button.tsx';
import { useTheme } from '../theme.ts';
import { Search } from './search.tsx';
import { UserMenu } from './user-menu.tsx';

/** What stands around every page. */
export function Shell() {
  const visitor = useVisitor();
  useLive(visitor === null ? '' : visitor?.name);
  const { pathname } = useLocation();
  const main = useRef<HTMLElement>(null);
  // Who goes on by keyboard or hears the page begins at the top of the new one.
  const first = useRef(true);
  useEffect(() => {
    if (!first.current) main.current?.focus({ preventScroll: true });
    first.current = false;
  }, [pathname]);
  return (
    <>
      <a
        href="#main"
        className="sr-only focus:not-sr-only focus:absolute focus:z-50 focus:bg-sheet focus:p-3"
      >
        Skip to the content
      </a>
      <header className="sticky top-0 z-20 border-b border-line bg-sheet">
        <div className="mx-auto flex max-w-7xl items-center gap-3 px-4 py-2.5">
          <Link to="/" className="flex items-center gap-2 text-lg font-semibold">
            <img src="/favicon.svg" alt="" width={26} height={26} />
            <span className="max-sm:sr-only">Slipway</span>
          </Link>
          <div className="mx-auto w-full max-w-lg">
            <Search />
          </div>
          <ThemeButton />
          {visitor === null && (
            <Link
              to="/sign-in"
              search={{ to: pathname === '/sign-in' ? undefined : pathname }}
              className={buttonLook('strong')}
            >
              Sign in
            </Link>
          )}
          {visitor && <UserMenu visitor={visitor} />}
        </div>
      </header>
      <main ref={main} id="main" tabIndex={-1} className="mx-auto max-w-7xl px-4 py-6 outline-none">
        <Outlet />
      </main>
      <footer className="mx-auto max-w-7xl px-4 py-8 text-sm text-faint">
        <a href="/api/v1/docs" className="underline hover:text-ink">
          Management API
        </a>
      </footer>
    </>
  );
}

function ThemeButton() {
  const [theme, turn] = useTheme();
  const other = theme === 'dark' ? 'light' : 'dark';
  return (
    <Button
      look="quiet"
      className="px-2"
      aria-label={`Use the ${other} theme`}
      title={`Use the ${other} theme`}
      onClick={turn}
    >
      {theme === 'dark' ? <Sun size={18} aria-hidden /> : <Moon size={18} aria-hidden />}
    </Button>
  );
}
