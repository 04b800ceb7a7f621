import type { SecureContextOptions } from 'node:tls';

/**
 * PS3.15 §B.12, "BCP 195 RFC 8996, 9325 TLS Secure Transport Connection Profile": TLS 1.2 at least, 1.3 where the peer has it (RFC 9325 §3.1.1),
 * and of TLS 1.2 only suites with forward secrecy and authenticated encryption (RFC 9325 §4.2). The modified profile of §B.13 asks for
 * Camellia and CCM beside them, which the OpenSSL of Node does not have.
 */
export const tlsProfile = {
  minVersion: 'TLSv1.2',
  ciphers: [
    'TLS_AES_256_GCM_SHA384',
    'TLS_CHACHA20_POLY1305_SHA256',
    'TLS_AES_128_GCM_SHA256',
    'ECDHE-ECDSA-AES256-GCM-SHA384',
    'ECDHE-RSA-AES256-GCM-SHA384',
    'ECDHE-ECDSA-CHACHA20-POLY1305',
    'ECDHE-RSA-CHACHA20-POLY1305',
    'ECDHE-ECDSA-AES128-GCM-SHA256',
    'ECDHE-RSA-AES128-GCM-SHA256',
  ].join(':'),
} as const satisfies SecureContextOptions;
