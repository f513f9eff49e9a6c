type Yaml = Record<string, unknown>;

/** A resource of a YAML program. */
export function deployment(appType: string, properties: Yaml = {}, options?: Yaml): Yaml {
  return {
    type: "onvera:Deployment",
    properties: { appType, ...properties },
    ...(options === undefined ? {} : { options }),
  };
}

/** `${path}`: a YAML program's reference to a resource, a property or a variable. */
export function reference(path: string): string {
  return `\${${path}}`;
}
