import type { ReactNode } from 'react';
import { Button } from './button.tsx';
import { Dialog } from './dialog.tsx';
import { Form } from './form.tsx';

/** Asks again before something is done that people regret. */
export function Confirm({
  title,
  action,
  onConfirm,
  onClose,
  children,
}: {
  readonly title: string;
  readonly action: string;
  readonly onConfirm: () => Promise<unknown>;
  readonly onClose: () => void;
  readonly children: ReactNode;
}) {
  return (
    <Dialog title={title} onClose={onClose}>
      <Form
        submit={action}
        look="alarming"
        onSubmit={async () => {
          await onConfirm();
          onClose();
        }}
        extra={<Button onClick={onClose}>Leave it</Button>}
      >
        {children}
      </Form>
    </Dialog>
  );
}
