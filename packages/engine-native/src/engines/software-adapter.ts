/** What WebGPU says of an adapter, as far as it is used here. */
export interface AdapterInfo {
  readonly vendor: string;
  readonly architecture: string;
  readonly device: string;
  readonly description: string;
  readonly isFallbackAdapter?: boolean;
}

/** Names of drivers that compute on the CPU: Mesa's and Google's for Vulkan, Microsoft's for Direct3D. */
const SOFTWARE = /llvmpipe|lavapipe|swiftshader|basic render|\bwarp\b/i;

/** True for an adapter that is no GPU but a program on the CPU, slower there than an engine made for it. */
export const isSoftwareAdapter = ({ isFallbackAdapter, ...names }: AdapterInfo): boolean =>
  isFallbackAdapter === true || Object.values(names).some((name) => SOFTWARE.test(String(name)));
