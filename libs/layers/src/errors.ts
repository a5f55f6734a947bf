/** Why a layer's archive was refused. */
export class LayerError extends Error {
  override readonly name = 'LayerError';
}

export const layerError = (message: string): LayerError =>
  new LayerError(`the layer's archive is refused: ${message}`);
