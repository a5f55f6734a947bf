import Markdown from 'react-markdown';
import gfm from 'remark-gfm';

/**
 * What somebody wrote, who may be anybody that may push. HTML in it is text; a link may lead to the web or to
 * a mail and tells nobody where it was followed from; a picture from elsewhere, which would tell that it was
 * looked at, is a link to it.
 */
export function Prose({ text }: { readonly text: string }) {
  return (
    <div className="prose">
      <Markdown
        remarkPlugins={[gfm]}
        components={{
          a: ({ href, children }) => (
            <a href={href} rel="nofollow noreferrer noopener" target="_blank">
              {children}
            </a>
          ),
          img: ({ src, alt }) => (
            <a
              href={typeof src === 'string' ? src : undefined}
              rel="nofollow noreferrer noopener"
              target="_blank"
            >
              {alt === undefined || alt === '' ? 'a picture' : alt}
            </a>
          ),
          // What scrolls by itself is reached by keyboard, too.
          pre: ({ children }) => <pre tabIndex={0}>{children}</pre>,
          table: ({ children }) => (
            <div className="overflow-x-auto" tabIndex={0} role="region" aria-label="Table">
              <table>{children}</table>
            </div>
          ),
          // The page's own heading is the first.
          h1: ({ children }) => <h2>{children}</h2>,
        }}
      >
        {text}
      </Markdown>
    </div>
  );
}
