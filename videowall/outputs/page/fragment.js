// What a fragment says of itself: its `prft` box holds when the picture was encoded and where it is in the stream.

const PRFT = 0x70726674;
const NTP_EPOCH_S = 2_208_988_800;
const CLOCK_RATE_HZ = 90_000;
const SAMPLE_FLAGS_AT = 128;
const SHORTEST = 144;
const NOT_A_KEY = 0x10000;

// Returns {encodedAt: unix seconds, mediaTime: seconds, key: whether decoding can begin here, media: the bytes after
// the box}, or null for other bytes.
export function readFragment(buffer) {
  if (buffer.byteLength < SHORTEST) return null;
  const view = new DataView(buffer);
  const length = view.getUint32(0);
  if (view.getUint32(4) !== PRFT || length !== 32) return null;
  return {
    encodedAt: view.getUint32(16) - NTP_EPOCH_S + view.getUint32(20) / 2 ** 32,
    mediaTime: (view.getUint32(24) * 2 ** 32 + view.getUint32(28)) / CLOCK_RATE_HZ,
    key: (view.getUint32(SAMPLE_FLAGS_AT) & NOT_A_KEY) === 0,
    media: new Uint8Array(buffer, length),
  };
}
