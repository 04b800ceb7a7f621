import { createHash } from 'node:crypto';
import { defineGrouping, printable, Type } from '../../engine/plugin/index.ts';

/** PS3.5 §9.1, less its rule on leading zeros: peers break that one, and such a UID still names one study. */
const uid = /^[0-9.]{1,64}$/;

export const byStudy = defineGrouping({
  title: 'Group by study',
  description: 'Instances of one study (Study Instance UID) belong together. An instance without one belongs nowhere.',
  options: Type.Object({}, { additionalProperties: false }),

  key({ studyInstanceUid }) {
    // Padding is not part of a UID: NUL by PS3.5 §6.2, a space from peers that pad it as text.
    const study = studyInstanceUid?.replace(/[\0 ]+$/, '') ?? '';
    if (study === '') return null;
    // A malformed UID keeps its study together too, but does not get into Workflow Ids as it is.
    return uid.test(study) ? study : `malformed-${createHash('sha256').update(study).digest('hex').slice(0, 32)}`;
  },

  describe(key, { modalities, callingAeTitles }) {
    const what = modalities.length === 0 ? '' : `: ${modalities.map((modality) => printable(modality, 16)).join(', ')}`;
    return `study ${key}${what} from ${callingAeTitles.map((title) => printable(title, 16)).join(', ')}`;
  },
});
