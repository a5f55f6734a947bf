import { useQuery } from '@tanstack/react-query';
import { Download } from 'lucide-react';
import { readText } from '../../api/ask.ts';
import { buttonLook } from '../../parts/button.tsx';
import { Loading, Notice } from '../../parts/states.tsx';
import type { Looking } from './path-link.tsx';
import { Way } from './way.tsx';

/** A file of an image as text, where it is one, and the way to keep it. */
export function FileView({ looking, path }: { readonly looking: Looking; readonly path: string }) {
  const folder = path.slice(0, Math.max(0, path.lastIndexOf('/')));
  const address = addressOf(looking, path);
  const text = useQuery({
    queryKey: ['file', address('text')],
    queryFn: async ({ signal }) => readText(address('text'), signal),
    retry: false,
    staleTime: Infinity,
  });
  return (
    <>
      <div className="mb-3 flex flex-wrap items-center justify-between gap-2">
        <Way looking={looking} path={folder} file={path.slice(path.lastIndexOf('/') + 1)} />
        <a href={`/api/v1${address('download')}`} className={buttonLook()} download>
          <Download size={15} aria-hidden /> Download
        </a>
      </div>
      {text.data !== undefined ? (
        <pre
          tabIndex={0}
          aria-label={path}
          className="max-h-[70vh] overflow-auto rounded-lg border border-line bg-sheet p-4 font-mono text-[13px]"
        >
          {text.data === '' ? <span className="text-faint">It is empty.</span> : text.data}
        </pre>
      ) : text.error === null ? (
        <Loading lines={8} />
      ) : (
        <Notice>{text.error.message}</Notice>
      )}
    </>
  );
}

function addressOf({ repository, reference, platform, layer }: Looking, path: string) {
  const query = new URLSearchParams({
    path,
    ...(platform !== undefined && { platform }),
    ...(layer !== undefined && { layer }),
  });
  const [name, of] = [encodeURIComponent(repository), encodeURIComponent(reference)];
  return (what: 'text' | 'download') =>
    `/repositories/${name}/images/${of}/files/${what}?${query.toString()}`;
}
