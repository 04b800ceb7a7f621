export { type CatalogueEntry, catalogue, type ErrorCode } from './catalogue.ts';
export { describeError, GantryError, type GantryErrorInit, type Place } from './gantry-error.ts';
