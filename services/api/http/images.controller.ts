import { Controller, Get, Inject, Query } from '@nestjs/common';
import type { ImageView, Page } from '@holdfast/client';
import { ClusterView } from '../cluster-view.js';
import { imageList, imagesIn } from '../images.js';
import { listOf } from './list.js';

@Controller('api/v1/images')
export class ImagesController {
  constructor(@Inject(ClusterView) private readonly view: ClusterView) {}

  @Get()
  list(@Query() query: unknown): Page<ImageView> {
    return listOf(imageList, imagesIn(this.view), query);
  }
}
