import { Controller, Get } from '@nestjs/common';
import { openApiDocument, type OpenApiDocument } from '../openapi/document.js';

/** The API's own description. */
@Controller('api/v1/openapi.json')
export class OpenApiController {
  private document: OpenApiDocument | null = null;

  @Get()
  show(): OpenApiDocument {
    this.document ??= openApiDocument();
    return this.document;
  }
}
