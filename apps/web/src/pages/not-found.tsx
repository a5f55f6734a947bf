import { Link } from '@tanstack/react-router';
import { SearchX } from 'lucide-react';
import { buttonLook } from '../parts/button.tsx';
import { Page } from '../parts/page.tsx';
import { Empty } from '../parts/states.tsx';

export function NotFound() {
  return (
    <Page title="Not found">
      <Empty title="There is no such page" icon={<SearchX aria-hidden />}>
        <p className="mb-4">The address may be mistyped, or what was here is gone.</p>
        <Link to="/" className={buttonLook()}>
          To the start
        </Link>
      </Empty>
    </Page>
  );
}
