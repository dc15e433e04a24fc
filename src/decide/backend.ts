import type { Random } from "../lib/random.ts";
import type { CompiledBackend, CompiledRoute } from "./contract.ts";

/** One backend by weight; null when none has a weight above zero. */
export function chooseBackend(route: CompiledRoute, random: Random): CompiledBackend | null {
  const { backends, totalWeight } = route;
  if (totalWeight <= 0) return null;
  let rest = backends.length === 1 ? 0 : random() * totalWeight;
  for (let index = 0; index < backends.length; index += 1) {
    const backend = backends[index] as CompiledBackend;
    rest -= backend.weight;
    if (rest < 0) return backend;
  }
  return null;
}
