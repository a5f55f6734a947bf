import { useNavigate, useSearch } from '@tanstack/react-router';
import { TextField } from '../parts/form.tsx';
import { Page } from '../parts/page.tsx';
import { Repositories } from '../parts/repositories.tsx';
import { Empty } from '../parts/states.tsx';

export function SearchPage() {
  const { q = '' } = useSearch({ from: '/search' });
  const navigate = useNavigate();
  return (
    <Page title={q === '' ? 'All repositories' : `Search: ${q}`} heading="Repositories">
      <div className="mb-5 max-w-lg">
        <TextField
          label="Search by name, description or label"
          type="search"
          value={q}
          onChange={({ target }) =>
            void navigate({
              to: '/search',
              search: { q: target.value || undefined },
              replace: true,
            })
          }
        />
      </div>
      <Repositories
        query={{ q: q || undefined }}
        text={q}
        empty={
          <Empty
            title={
              q === ''
                ? 'There is no repository that you may see'
                : `Nothing has “${q}” in its name, description or labels`
            }
          >
            Only repositories that are public, or on which you have a role, are found.
          </Empty>
        }
      />
    </Page>
  );
}
