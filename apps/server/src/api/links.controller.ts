import { Controller, Get, Header, Inject } from '@nestjs/common';
import {
  acceptInvitation,
  BASE,
  choosePassword,
  invite,
  inviteToOrganisation,
  listInvitations,
  listInvitationsToOrganisation,
  revokeInvitation,
  revokeInvitationToOrganisation,
  showLink,
} from '@slipway/api';
import type { OneTimeLink } from '@slipway/metadata';
import { Links } from '@slipway/registry';
import { Answers } from './answers.ts';
import type { Call } from './call.ts';
import { Invites } from './invites.ts';
import { LINK_PAGE, LINK_PAGE_POLICY } from './link-page.ts';

@Controller(BASE)
export class LinksController {
  readonly #invites: Invites;
  readonly #links: Links;

  constructor(@Inject(Invites) invites: Invites, @Inject(Links) links: Links) {
    this.#invites = invites;
    this.#links = links;
  }

  @Answers(invite)
  async invite({ body, identity, request }: Call<typeof invite>) {
    const link = await this.#links.invite(undefined, body.email, identity);
    return this.#invites.out(link, 'invitation', request);
  }

  @Answers(listInvitations)
  async list() {
    return { items: (await this.#links.invitations(undefined)).map(toInvitation) };
  }

  @Answers(revokeInvitation)
  async revoke({ parameters }: Call<typeof revokeInvitation>) {
    await this.#links.revokeInvitation(parameters.invitation, undefined);
  }

  @Answers(inviteToOrganisation)
  async inviteTo({ parameters, body, identity, request }: Call<typeof inviteToOrganisation>) {
    const to = { organisation: parameters.organisation, role: body.role };
    const link = await this.#links.invite(to, body.email, identity);
    return this.#invites.out(link, 'invitation', request);
  }

  @Answers(listInvitationsToOrganisation)
  async listTo({ parameters }: Call<typeof listInvitationsToOrganisation>) {
    const invitations = await this.#links.invitations(parameters.organisation);
    return { items: invitations.map(toInvitation) };
  }

  @Answers(revokeInvitationToOrganisation)
  async revokeTo({ parameters }: Call<typeof revokeInvitationToOrganisation>) {
    await this.#links.revokeInvitation(parameters.invitation, parameters.organisation);
  }

  @Answers(showLink)
  async show({ body }: Call<typeof showLink>) {
    return this.#links.show(body.secret);
  }

  @Answers(acceptInvitation)
  async accept({ body, identity }: Call<typeof acceptInvitation>) {
    const { secret, username, password, displayName } = body;
    return this.#links.accept(secret, identity, { username, password, displayName });
  }

  @Answers(choosePassword)
  async choosePassword({ body }: Call<typeof choosePassword>) {
    return { username: await this.#links.choosePassword(body.secret, body.password) };
  }
}

/** The page that a link opens. */
@Controller()
export class LinkPageController {
  @Get('link')
  @Header('Content-Type', 'text/html; charset=utf-8')
  @Header('Content-Security-Policy', LINK_PAGE_POLICY)
  @Header('Referrer-Policy', 'no-referrer')
  @Header('Cache-Control', 'no-store')
  page(): string {
    return LINK_PAGE;
  }
}

function toInvitation({ hash, ...invitation }: OneTimeLink) {
  return { ...invitation, id: hash.toString('base64url') };
}
