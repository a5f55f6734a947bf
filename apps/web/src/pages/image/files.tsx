import { useNavigate, useSearch } from '@tanstack/react-router';
import { FolderOpen, Search } from 'lucide-react';
import { usePages } from '../../api/queries.ts';
import type { Image } from '../../api/shapes.ts';
import { Choice, TextField } from '../../parts/form.tsx';
import { Listed } from '../../parts/listed.tsx';
import { Empty } from '../../parts/states.tsx';
import { step } from '../../text/steps.ts';
import { FileList } from './file-list.tsx';
import { FileView } from './file-view.tsx';
import type { Looking } from './path-link.tsx';
import { Way } from './way.tsx';
import { isIndexing, WhenIndexed } from './when-indexed.tsx';

/** What lies in an image, or in one of its layers: folder by folder, by a part of the path, and one file open. */
export function Files({
  repository,
  reference,
  image,
}: {
  readonly repository: string;
  readonly reference: string;
  readonly image: Image;
}) {
  const { platform, layer, path = '', q = '', file } = useSearch({ from: '/r/$' });
  const navigate = useNavigate({ from: '/r/$' });
  const looking: Looking = { repository, reference, platform, layer };
  return (
    <>
      <div className="mb-4 grid grid-cols-1 gap-3 sm:grid-cols-2 lg:max-w-3xl">
        <TextField
          label="Search by path"
          type="search"
          value={q}
          placeholder="bin/sh"
          onChange={({ target }) =>
            void navigate({
              search: (before) => ({ ...before, q: target.value || undefined, file: undefined }),
              replace: true,
            })
          }
        />
        <Choice
          label="Of"
          value={layer ?? ''}
          options={[
            ['', 'the whole image'],
            ...image.layers.map(
              ({ digest, createdBy }, index) =>
                [digest, `layer ${index + 1}: ${layerWords(createdBy)}`] as const,
            ),
          ]}
          onChange={({ target }) =>
            void navigate({
              search: (before) => ({
                ...before,
                layer: target.value || undefined,
                file: undefined,
              }),
            })
          }
        />
      </div>
      {file !== undefined ? (
        <FileView looking={looking} path={file} />
      ) : q === '' ? (
        <Folder looking={looking} path={path} image={image} />
      ) : (
        <Found looking={looking} text={q} image={image} />
      )}
    </>
  );
}

function layerWords(createdBy: string | undefined): string {
  const words = createdBy === undefined ? '' : step(createdBy);
  return words === '' ? 'not told what made it' : words.slice(0, 70);
}

function Folder({
  looking,
  path,
  image,
}: {
  readonly looking: Looking;
  readonly path: string;
  readonly image: Image;
}) {
  const { repository, reference, platform, layer } = looking;
  const pages = usePages(
    'listFiles',
    { parameters: { repository, reference }, query: { platform, layer, path, limit: 200 } },
    { unfinished: isIndexing },
  );
  return (
    <WhenIndexed of={pages}>
      <div className="mb-3">
        <Way looking={looking} path={path} />
      </div>
      <Listed
        of={pages}
        empty={<Empty title="Nothing lies here" icon={<FolderOpen aria-hidden />} />}
      >
        {(items) => (
          <FileList
            label={path === '' ? 'Files' : `Files in ${path}`}
            looking={looking}
            items={items}
            image={image}
          />
        )}
      </Listed>
    </WhenIndexed>
  );
}

function Found({
  looking,
  text,
  image,
}: {
  readonly looking: Looking;
  readonly text: string;
  readonly image: Image;
}) {
  const { repository, reference, platform, layer } = looking;
  const pages = usePages(
    'searchFiles',
    { parameters: { repository, reference }, query: { platform, layer, text, limit: 100 } },
    { unfinished: isIndexing },
  );
  return (
    <WhenIndexed of={pages}>
      <Listed
        of={pages}
        empty={
          <Empty title={`No path has “${text}” in it`} icon={<Search aria-hidden />}>
            Upper and lower case are the same here.
          </Empty>
        }
      >
        {(items) => (
          <FileList label="Files found" looking={looking} items={items} image={image} whole />
        )}
      </Listed>
    </WhenIndexed>
  );
}
