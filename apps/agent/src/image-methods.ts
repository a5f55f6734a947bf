import { parsePlatform, platformText } from '@slipway/oci';
import type { Handler } from './agent.ts';
import { AgentError } from './errors.ts';
import { configOf, type Images, type LocalImage } from './images.ts';

type ImageMethod =
  'image-history' | 'image-inspect' | 'image-remove' | 'image-tag' | 'images' | 'pull';

export const imageMethods: { readonly [Name in ImageMethod]: Handler<Name> } = {
  pull: async ({ images }, { image, platform: text }, tell, signal) => {
    const platform = text === undefined ? undefined : parsePlatform(text);
    if (text !== undefined && platform === undefined) {
      throw new AgentError('invalid', `${text} is not os/architecture, such as linux/arm64`);
    }
    const { digest, target } = await images.pull(
      image,
      platform,
      (event) => void tell(event),
      signal,
    );
    return { digest, target };
  },

  images: async ({ images }) =>
    (await images.list()).map((image) => {
      const { created } = configOf(image);
      const { digest, configDigest, size } = image;
      return {
        names: [...image.names],
        digest,
        configDigest,
        size,
        ...(created !== undefined && { created }),
      };
    }),

  'image-inspect': async ({ images }, request) => {
    const { config, names, digest, target, configDigest, layers, pulled, size } = await imageOf(
      images,
      request.image,
    );
    const parsed = configOf({ config });
    return {
      names,
      digest,
      target,
      configDigest,
      layers,
      pulled,
      size,
      platform: platformText(parsed.platform),
      config: parsed,
    };
  },

  'image-remove': async ({ images, containers }, { image: text, force }) => {
    const image = await imageOf(images, text);
    const user = containers.list().find(({ imageDigest }) => imageDigest === image.digest);
    if (user !== undefined && !force) {
      throw new AgentError(
        'conflict',
        `${text} is used by the container ${user.name}: slipway rm ${user.name}`,
      );
    }
    return images.remove(image, text, containers.layersInUse());
  },

  'image-tag': async ({ images }, { image, name }) => {
    await images.tag(await imageOf(images, image), name);
    return {};
  },

  'image-history': async ({ images }, { image }) => {
    const found = await imageOf(images, image);
    const layers = [...(images.layersOf(found) ?? [])];
    return configOf(found)
      .history.map(({ emptyLayer, ...entry }) => ({
        ...entry,
        size: emptyLayer ? 0 : (layers.shift()?.size ?? 0),
      }))
      .reverse();
  },
};

export async function imageOf(images: Images, text: string): Promise<LocalImage> {
  const image = await images.find(text);
  if (image !== undefined) return image;
  throw new AgentError('not-found', `${text} is not on this host: slipway pull ${text}`);
}
