// The names of d3 that the instrument uses. The server puts the vendored packages in front of the scripts; a test
// loads
// them by itself.

export const d3 = globalThis.instrumentD3
