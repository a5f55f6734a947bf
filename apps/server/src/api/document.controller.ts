import { Controller, Get, Header } from '@nestjs/common';
import { BASE, ENDPOINTS, openApi, showDocument } from '@slipway/api';
import { VERSION } from '../version.ts';
import { Answers } from './answers.ts';
import { docsPage } from './docs-page.ts';
import { PROBLEMS } from './problems.ts';

const DOCUMENT = openApi(ENDPOINTS, VERSION);
const PAGE = docsPage(ENDPOINTS, DOCUMENT, PROBLEMS);

/** The API's own description, for programs and for people. */
@Controller(BASE)
export class DocumentController {
  @Answers(showDocument)
  async show() {
    return DOCUMENT;
  }

  @Get('docs')
  @Header('Content-Type', 'text/html; charset=utf-8')
  @Header('Content-Security-Policy', "default-src 'none'; style-src 'unsafe-inline'")
  page(): string {
    return PAGE;
  }
}
