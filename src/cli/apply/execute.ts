import type { KubeClient } from "../../kube/contract.ts";
import { messageOf, UserError } from "../../lib/errors.ts";
import type { KubeObject } from "../../model/object.ts";
import { objectName } from "../resources/names.ts";
import { type Change, changeOf, FIELD_MANAGER, type Step } from "./plan.ts";

export interface Applied {
  readonly step: Step;
  readonly change: Change;
  readonly object: KubeObject;
}

/**
 * Writes every step. They were all judged before, so a refusal here means that the world has changed
 * since: what was written is then taken back as far as possible, and the error says what stands.
 */
export async function executeSteps(client: KubeClient, steps: readonly Step[]): Promise<Applied[]> {
  const done: Applied[] = [];
  for (const step of steps) {
    try {
      done.push({ step, change: changeOf(step), object: await write(client, step) });
    } catch (error) {
      const stands = await takeBack(client, done);
      const { kind, object } = step.manifest;
      throw new UserError(`${objectName(kind, object.metadata.name)}: ${messageOf(error)}`, {
        hint: stands.length === 0 ? "Everything is as it was before." : `Could not be taken back: ${stands.join(", ")}.`,
        exitCode: error instanceof UserError ? error.exitCode : undefined,
        cause: error,
      });
    }
  }
  return done;
}

async function write(client: KubeClient, step: Step): Promise<KubeObject> {
  const { manifest, current, desired, patch, serverSide } = step;
  const { kind, object } = manifest;
  if (serverSide !== undefined) return client.apply(kind, desired, serverSide);
  if (current === null) return client.create(kind, desired, { fieldManager: FIELD_MANAGER });
  if (Object.keys(patch).length === 0) return current;
  return client.patch(kind, object.metadata.name, object.metadata.namespace, patch, { fieldManager: FIELD_MANAGER });
}

/** Newest first. Returns the names of those that could not be restored. */
async function takeBack(client: KubeClient, done: readonly Applied[]): Promise<string[]> {
  const stands: string[] = [];
  for (const { step, change, object } of done.toReversed()) {
    const { kind } = step.manifest;
    const { name, namespace, resourceVersion } = object.metadata;
    try {
      if (step.current === null) await client.delete(kind, name, namespace);
      // With the version we wrote: a change that somebody else has made since is not ours to undo.
      else if (change !== "unchanged") {
        await client.update(kind, { ...step.current, metadata: { ...step.current.metadata, resourceVersion } });
      }
    } catch {
      stands.push(objectName(kind, name));
    }
  }
  return stands;
}
