/** An IPv4 peer of a dual-stack listener shows as ::ffff:a.b.c.d. */
export const plainAddress = (address: string): string => address.replace(/^::ffff:(?=\d+\.)/i, '');
