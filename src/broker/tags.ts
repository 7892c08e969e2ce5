/** The types of values, as broker-bin-v1 numbers them; their order is that of values in sets. */
export const Tag = {
  none: 0x00,
  boolean: 0x01,
  count: 0x02,
  integer: 0x03,
  real: 0x04,
  string: 0x05,
  address: 0x06,
  subnet: 0x07,
  port: 0x08,
  timestamp: 0x09,
  timespan: 0x0a,
  enum: 0x0b,
  set: 0x0c,
  table: 0x0d,
  vector: 0x0e,
} as const;
