import type { components } from './generated/api.js';
import type { ListOptions, Page, Removed, TemplateView } from './resources.js';
import { Routes } from './routes.js';

type Requests = components['schemas'];

/** VMs with places for parameters. Throws as `HoldfastClient` does. */
export class TemplateClient extends Routes {
  templates(query: ListOptions = {}): Promise<Page<TemplateView>> {
    return this.get('/api/v1/templates', { query });
  }

  template(template: string): Promise<TemplateView> {
    return this.get('/api/v1/templates/{template}', { path: { template } });
  }

  newTemplate(body: Requests['NewTemplate']): Promise<TemplateView> {
    return this.post('/api/v1/templates', { body });
  }

  replaceTemplate(template: string, body: Requests['TemplateBody']): Promise<TemplateView> {
    return this.put('/api/v1/templates/{template}', { path: { template }, body });
  }

  deleteTemplate(template: string): Promise<Removed> {
    return this.delete('/api/v1/templates/{template}', { path: { template } });
  }
}
