import { expect } from "chai";
import { userCacheFolder } from "../../../../scripts/pulumi/cache";

describe("userCacheFolder", () => {
  it("follows the convention of each platform", () => {
    expect(userCacheFolder({ HOME: "/home/ada" }, "linux")).to.equal("/home/ada/.cache/pulumi-onvera");
    expect(userCacheFolder({ HOME: "/Users/ada" }, "darwin")).to.equal("/Users/ada/Library/Caches/pulumi-onvera");
    expect(userCacheFolder({ LOCALAPPDATA: "/ada/Local" }, "win32")).to.equal("/ada/Local/pulumi-onvera");
  });

  it("uses XDG_CACHE_HOME if it is absolute", () => {
    const env = (folder: string) => ({ HOME: "/home/ada", XDG_CACHE_HOME: folder });
    expect(userCacheFolder(env("/var/cache/ada"), "linux")).to.equal("/var/cache/ada/pulumi-onvera");
    expect(userCacheFolder(env("cache"), "linux")).to.equal("/home/ada/.cache/pulumi-onvera");
    expect(userCacheFolder(env(""), "linux")).to.equal("/home/ada/.cache/pulumi-onvera");
  });
});
