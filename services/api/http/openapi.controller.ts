import { Controller, Get } from '@nestjs/common';
import { asyncApiDocument } from '../events/event-document.js';
import { openApiDocument, type OpenApiDocument } from '../openapi/document.js';

/** The API's own description, and that of the events. */
@Controller('api/v1')
export class OpenApiController {
  private openApi: OpenApiDocument | null = null;
  private asyncApi: ReturnType<typeof asyncApiDocument> | null = null;

  @Get('openapi.json')
  show(): OpenApiDocument {
    this.openApi ??= openApiDocument();
    return this.openApi;
  }

  @Get('asyncapi.json')
  events(): ReturnType<typeof asyncApiDocument> {
    this.asyncApi ??= asyncApiDocument();
    return this.asyncApi;
  }
}
