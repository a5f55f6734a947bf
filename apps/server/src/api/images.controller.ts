import { Controller, Inject } from '@nestjs/common';
import {
  type Answered,
  BASE,
  compareImages as endpoint,
  listReferrers,
  showImage,
} from '@slipway/api';
import { platformText } from '@slipway/oci';
import { Attachments, compareImages, type Image, Images } from '@slipway/registry';
import { Answers } from './answers.ts';
import { type Call, repositoryOf } from './call.ts';

@Controller(BASE)
export class ImagesController {
  readonly #attachments: Attachments;
  readonly #images: Images;

  constructor(@Inject(Attachments) attachments: Attachments, @Inject(Images) images: Images) {
    this.#attachments = attachments;
    this.#images = images;
  }

  @Answers(showImage)
  async show(call: Call<typeof showImage>): Promise<Answered<typeof showImage>> {
    const { parameters, query } = call;
    return this.#images.show(repositoryOf(call), parameters.reference, query.platform);
  }

  @Answers(listReferrers)
  async referrers(call: Call<typeof listReferrers>): Promise<Answered<typeof listReferrers>> {
    return { items: await this.#attachments.of(repositoryOf(call), call.parameters.reference) };
  }

  @Answers(endpoint)
  async compare(call: Call<typeof endpoint>): Promise<Answered<typeof endpoint>> {
    const { from, to, platform } = call.query;
    const repository = repositoryOf(call);
    const [before, after] = await Promise.all(
      [from, to].map((reference) => this.#images.find(repository, reference, platform)),
    );
    if (before === undefined || after === undefined) throw new Error('there are two');
    return { from: toldOf(before), to: toldOf(after), ...compareImages(before, after) };
  }
}

function toldOf({ digest, platform, layers }: Image) {
  const sizes = new Map(layers.map((layer) => [layer.digest, layer.size]));
  return {
    digest,
    platform: platform && platformText(platform),
    size: [...sizes.values()].reduce((sum, size) => sum + size, 0),
  };
}
