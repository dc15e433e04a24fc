/** Replaced by the bundler with package.json's version. */
declare const MESHCTL_BUILD_VERSION: string | undefined;

/** This build's version, semver without a leading v; `0.0.0-dev` when run from source. */
export const VERSION: string = typeof MESHCTL_BUILD_VERSION === "string" ? MESHCTL_BUILD_VERSION : "0.0.0-dev";
