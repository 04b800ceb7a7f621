/**
 * A solid of one density, in millimetres of patient space (x to the left, y to the back, z to the head: PS3.3 §C.7.6.2.1.1), the middle
 * of the chest at 0. Later ones replace earlier ones.
 */
export interface Ellipsoid {
  readonly centre: readonly [x: number, y: number, z: number];
  /** Semi-axes; an infinite one makes a cylinder. */
  readonly axes: readonly [x: number, y: number, z: number];
  readonly hounsfield: number;
}

/** Numbers from 0 to 1, the same for the same seed (mulberry32). */
export function randomSequence(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296;
  };
}

/** A chest: fat, muscle, lungs with vessels, heart, aorta, spine, sternum, ribs, and one nodule of 18 mm in the right lung. */
export function chest(random: () => number): readonly Ellipsoid[] {
  const endless = Number.POSITIVE_INFINITY;
  return [
    { centre: [0, 0, 0], axes: [165, 115, endless], hounsfield: -95 },
    { centre: [0, 0, 0], axes: [152, 103, endless], hounsfield: 45 },
    { centre: [-76, -6, 0], axes: [57, 80, 160], hounsfield: -860 },
    { centre: [76, -6, 0], axes: [53, 78, 155], hounsfield: -860 },
    ...vessels(random),
    { centre: [22, -30, -30], axes: [54, 46, 62], hounsfield: 50 },
    { centre: [-22, 18, 0], axes: [9, 9, endless], hounsfield: -990 },
    { centre: [24, 52, 0], axes: [13, 13, endless], hounsfield: 130 },
    { centre: [0, -96, 0], axes: [19, 5, 90], hounsfield: 260 },
    ...spine(),
    ...ribs(),
    { centre: [-84, 22, 4], axes: [9, 9, 9], hounsfield: 40 },
  ];
}

function vessels(random: () => number): Ellipsoid[] {
  return Array.from({ length: 240 }, () => {
    const side = random() < 0.5 ? -1 : 1;
    // Thick near the hilum, thin towards the pleura.
    const outward = random();
    const angle = random() * 2 * Math.PI;
    const radius = 1.2 + 3.2 * (1 - outward);
    return {
      centre: [side * (76 + 44 * outward * Math.cos(angle)), -6 + 66 * outward * Math.sin(angle), (random() - 0.5) * 220],
      axes: [radius, radius, radius * (2 + 5 * random())],
      hounsfield: 30,
    };
  });
}

function spine(): Ellipsoid[] {
  const vertebrae = Array.from({ length: 25 }, (_, index): Ellipsoid => {
    return { centre: [0, 74, (index - 12) * 25], axes: [19, 16, 11], hounsfield: 320 };
  });
  return [
    { centre: [0, 74, 0], axes: [17, 14, Number.POSITIVE_INFINITY], hounsfield: 90 },
    ...vertebrae,
    { centre: [0, 94, 0], axes: [9, 5, Number.POSITIVE_INFINITY], hounsfield: 25 },
  ];
}

/** Beads on an oval that falls towards the front, as ribs do. */
function ribs(): Ellipsoid[] {
  const beads: Ellipsoid[] = [];
  for (let rib = -6; rib <= 8; rib += 1) {
    for (let angle = 0.22; angle < 2.5; angle += 0.045) {
      for (const side of [-1, 1]) {
        const centre = [side * 143 * Math.sin(angle), 95 * Math.cos(angle), rib * 25 - 26 * angle] as const;
        beads.push({ centre, axes: [5, 5, 6], hounsfield: 420 });
      }
    }
  }
  return beads;
}
