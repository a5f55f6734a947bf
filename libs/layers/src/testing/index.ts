export { archive, diffIdOf, inPieces, type Piece, withoutEnd } from './archive.ts';
