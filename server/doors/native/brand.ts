// /v1/brand: the installation's name and looks, for everyone to see and its owners to change.
import { z } from 'zod';
import { changeBrand, readBrand } from '../../commands/brand.ts';
import type { Brand } from '../../config.ts';
import { route } from '../../http/route.ts';

const brand = z
  .object({
    name: z.string(),
    logo: z.string().nullable(),
    color: z.string(),
    favicon: z.string().nullable(),
    support_url: z.string().nullable(),
    mail_from: z.string().nullable(),
  })
  .meta({ id: 'Brand' });

function show({ supportUrl, mailFrom, ...rest }: Brand): z.input<typeof brand> {
  return { ...rest, support_url: supportUrl, mail_from: mailFrom };
}

const picture = z
  .string()
  .max(64 * 1024)
  .refine((text) => /^data:image\/(png|jpeg|gif|webp|svg\+xml|x-icon);base64,[A-Za-z0-9+/]+={0,2}$/.test(text) || isLink(text, ['https:', 'http:']), {
    error: 'It must be a web address, or a data URL of a picture of at most 64 kB.',
  });

function isLink(text: string, protocols: string[]): boolean {
  return text.length <= 2000 && URL.canParse(text) && protocols.includes(new URL(text).protocol);
}

const address = /^(?:[^<>"\p{Cc}]{1,100} <[^\s<>@]+@[^\s<>@]+>|[^\s<>@]+@[^\s<>@]+)$/u;

const change = z
  .object({
    name: z.string().trim().min(1).max(100).nullable(),
    logo: picture.nullable(),
    color: z
      .string()
      .regex(/^#[0-9a-fA-F]{6}$/, 'The color field must be # and six hex digits.')
      .nullable(),
    favicon: picture.nullable(),
    support_url: z
      .string()
      .refine((text) => isLink(text, ['https:', 'http:', 'mailto:']), 'The support url field must be a web or mailto address.')
      .nullable(),
    mail_from: z.string().max(300).regex(address, 'The mail from field must be an address, or a name with one: Acme <chat@acme.example>.').nullable(),
  })
  .partial()
  .meta({ id: 'UpdateBrand' });

const docs = { tag: 'Brand' };

export const brandRoutes = [
  route({
    method: 'GET',
    path: '/brand',
    access: 'anyone',
    reply: brand,
    docs: { ...docs, id: 'getBrand', summary: 'Get the brand' },
    run: async ({ app }) => show(await readBrand(app)),
  }),
  route({
    method: 'PATCH',
    path: '/brand',
    access: 'installation_own',
    body: change,
    reply: brand,
    docs: {
      ...docs,
      id: 'updateBrand',
      summary: 'Change the brand',
      description: 'For all workspaces of the installation; by the owners of its first. Null brings back what the configuration or the product says.',
      example: { name: 'Acme Chat', color: '#2f6fed' },
    },
    run: ({ app, body: { support_url: supportUrl, mail_from: mailFrom, ...rest } }) =>
      app.transact(async (tx) => show(await changeBrand(app, tx, { ...rest, supportUrl, mailFrom }))),
  }),
];
