/** GY3xx: see catalogue.ts. */
export const dicomErrors = {
  GY301: {
    title: 'DICOM library is not the tested one',
    cause: 'Another release of dcmjs-dimse is installed than the one Gantry is pinned to, and members it relies on are gone.',
    mend: 'Install the exact version that package.json names (`npm ci`).',
  },
  GY302: {
    title: 'cannot listen for DICOM',
    cause: 'The port is taken or needs more rights, or the host is not an address of this machine.',
    mend: 'Set dicom.host and dicom.port to an address and a port that are free; port 0 takes any free one.',
  },
  GY303: {
    title: 'not a DICOM Part 10 file',
    cause: 'No `DICM` after a preamble of 128 bytes, or a meta header that is cut off or lacks its transfer syntax.',
    mend: 'Check where the file comes from; it may be a dataset without meta header, cut off, or no DICOM at all.',
  },
  GY304: {
    title: 'TLS file cannot be read',
    cause: 'A certificate, key or authority that the configuration names is not there, or this user may not read it.',
    mend: 'Correct the path, which is meant from the configuration file, or let the user of the engine read the file.',
  },
  GY305: {
    title: 'TLS file is not what it should be',
    cause: 'No PEM, a damaged certificate, a key with a passphrase, or a key that is too short (RSA below 2,048 bits).',
    mend: 'Give certificates and keys as PEM without passphrase; `openssl x509 -text -noout -in FILE` shows a certificate.',
  },
  GY306: {
    title: 'TLS key does not match its certificate',
    cause: 'The two come from different requests, only one of them was renewed, or the server certificate is not first in its file.',
    mend: 'Put the certificate that was issued for this key first in its file, or the key of this certificate beside it.',
  },
  GY307: {
    title: 'TLS certificate expired',
    cause: 'The end of its validity has passed; peers that check certificates refuse to connect.',
    mend: 'Have it renewed, and replace the files; the engine takes them up by itself.',
  },
  GY310: {
    title: 'a receiving thread failed',
    cause: 'One of the threads that receive (dicom.threads) ended by an error, or ended without having been told to.',
    mend: 'Start the engine again; nothing that was acknowledged is lost. Report it with the log lines before.',
  },
  GY330: {
    title: 'DICOM peer is unreachable',
    cause: 'Nothing listens at its host and port, its name has no address, or a firewall drops the connection.',
    mend: 'Check the host and port, and that the peer is running; then send again.',
  },
  GY331: {
    title: 'association rejected for now',
    cause: 'The peer answered A-ASSOCIATE-RJ as transient: it is busy, full, or at its limit of associations.',
    mend: 'Send again later; lower the number of associations at once if it stays.',
  },
  GY332: {
    title: 'association rejected',
    cause: 'The peer answered A-ASSOCIATE-RJ as permanent: mostly an AE title that it does not know, ours or its own.',
    mend: 'Correct the AE titles here, or have the peer add our AE title and address.',
  },
  GY333: {
    title: 'peer did not negotiate an association',
    cause: 'The peer accepted the connection, and then aborted, closed it, stayed silent, or spoke something other than DICOM.',
    mend: 'Check that the port is a DICOM port without TLS and that the peer is healthy.',
  },
  GY334: {
    title: 'C-ECHO failed',
    cause: 'The association was accepted, but verification was not, or its answer was not Success or did not come.',
    mend: 'Have the peer support verification (1.2.840.10008.1.1) for our AE title.',
  },
  GY335: {
    title: 'cancelled',
    cause: 'The caller gave up before the peer had answered.',
    mend: 'Start it again if it is still wanted.',
  },
  GY336: {
    title: 'not an AE title',
    cause: 'An application entity title is empty, longer than 16 characters, or has a backslash or other than printable ASCII in it.',
    mend: 'Give an AE title of 1 to 16 printable characters.',
  },
  GY337: {
    title: 'no TLS with the peer',
    cause:
      'Its certificate is of another authority, of another name or expired; it refuses ours; or it speaks no TLS 1.2 or newer on this port.',
    mend: "Check the destination's port, ca and serverName, and whether the peer trusts our certificate.",
  },
  GY341: {
    title: 'DICOM file is not well-formed',
    cause: 'It is cut off, its elements cannot be followed, or a UID in it can identify nothing.',
    mend: 'Look at it with dcmdump; have the sender write it again.',
  },
  GY342: {
    title: 'DICOM file is too deep or too wide to read',
    cause: 'Sequences nested beyond any real object, or a megabyte of elements before the ones that are needed.',
    mend: 'Look at it with dcmdump; such a file is damaged or made to do harm.',
  },
  GY343: {
    title: 'unknown DICOM attribute',
    cause: 'A keyword that the data dictionary (PS3.6) does not have.',
    mend: 'Correct the keyword; it is written as in PS3.6, such as SliceThickness.',
  },
  GY344: {
    title: 'DICOM file cannot be read',
    cause: 'It is gone, not a file, or this user may not read it.',
    mend: 'Check that the file exists and may be read.',
  },
  GY350: {
    title: 'impossible phantom',
    cause: 'A number of slices, a size or a number of series that no study can have.',
    mend: 'Ask for numbers in the range that the message names.',
  },
} as const;
