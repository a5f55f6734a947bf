import { createTransport, type Transporter } from 'nodemailer';
import type { Settings } from '../settings.ts';

export interface Message {
  readonly to: string;
  readonly subject: string;
  readonly text: string;
}

/** Where there is a server to send it through. */
export function openMail({
  SLIPWAY_SMTP_URL: url,
  SLIPWAY_SMTP_FROM: from,
}: Settings): Mail | undefined {
  return url === undefined || from === undefined ? undefined : new Mail(url, from);
}

const PATIENCE = 15_000;

/** Sends e-mail through the SMTP server that the operator named. */
export class Mail {
  readonly #from: string;
  readonly #transport: Transporter;

  constructor(url: string, from: string) {
    this.#from = from;
    this.#transport = createTransport({
      url,
      connectionTimeout: PATIENCE,
      greetingTimeout: PATIENCE,
      socketTimeout: PATIENCE,
    });
  }

  async send(message: Message): Promise<void> {
    await this.#transport.sendMail({ from: this.#from, ...message });
  }

  close(): void {
    this.#transport.close();
  }
}
