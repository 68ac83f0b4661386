local endpoint = require "oss.sending.endpoint"

describe("endpoint", function()
  local function host(t, bucket)
    local e = assert(endpoint.resolve(t))
    local name, in_path = endpoint.host(e, bucket)
    return e.scheme .. "://" .. name .. (in_path and " path" or ""), e.region
  end

  local cases = {
    { "region", { region = "cn-hangzhou" }, "https://b.oss-cn-hangzhou.aliyuncs.com", "cn-hangzhou" },
    { "region with oss-", { region = "oss-cn-hangzhou" }, "https://b.oss-cn-hangzhou.aliyuncs.com",
      "cn-hangzhou" },
    { "internal", { region = "cn-beijing", internal = true },
      "https://b.oss-cn-beijing-internal.aliyuncs.com", "cn-beijing" },
    { "dual stack", { region = "cn-beijing", dual_stack = true },
      "https://b.cn-beijing.oss.aliyuncs.com", "cn-beijing" },
    { "accelerate", { region = "cn-beijing", accelerate = true },
      "https://b.oss-accelerate.aliyuncs.com", "cn-beijing" },
    { "accelerate overseas", { region = "cn-beijing", accelerate = "overseas" },
      "https://b.oss-accelerate-overseas.aliyuncs.com", "cn-beijing" },
    { "region from a public endpoint", { endpoint = "oss-us-west-1.aliyuncs.com" },
      "https://b.oss-us-west-1.aliyuncs.com", "us-west-1" },
    { "region from an internal endpoint", { endpoint = "http://oss-cn-hangzhou-internal.aliyuncs.com/" },
      "http://b.oss-cn-hangzhou-internal.aliyuncs.com", "cn-hangzhou" },
    { "region from a dual-stack endpoint", { endpoint = "cn-hangzhou.oss.aliyuncs.com" },
      "https://b.cn-hangzhou.oss.aliyuncs.com", "cn-hangzhou" },
    { "address with port", { endpoint = "http://127.0.0.1:9000", region = "cn-hangzhou" },
      "http://127.0.0.1:9000 path", "cn-hangzhou" },
    { "IPv6 address", { endpoint = "http://[::1]:9000", region = "cn-hangzhou" },
      "http://[::1]:9000 path", "cn-hangzhou" },
    { "custom domain", { endpoint = "https://files.example.com", region = "cn-hangzhou", cname = true },
      "https://files.example.com", "cn-hangzhou" },
    { "path style", { endpoint = "https://s.example.com", region = "cn-hangzhou", path_style = true },
      "https://s.example.com path", "cn-hangzhou" },
    { "V1 needs no region", { endpoint = "https://s.example.com", signature = "v1" },
      "https://b.s.example.com", nil },
  }
  for _, case in ipairs(cases) do
    it(case[1], function()
      local name, region = host(case[2], "b")
      assert.equal(case[3], name)
      assert.equal(case[4], region)
    end)
  end

  local refusals = {
    { "nothing", {}, "'region' or 'endpoint' is missing" },
    { "no region for V4", { endpoint = "https://s.example.com" }, "'region' is missing" },
    { "no region in an acceleration host", { endpoint = "oss-accelerate.aliyuncs.com" },
      "'region' is missing" },
    { "bad region", { region = "cn hangzhou" }, "'region' must be like" },
    { "scheme", { endpoint = "ftp://x.example.com", region = "a" }, "scheme must be" },
    { "port 0", { endpoint = "http://x.example.com:0", region = "a" }, "without user, path or query" },
    { "port 65536", { endpoint = "http://x.example.com:65536", region = "a" }, "without user, path or query" },
    { "path", { endpoint = "http://x.example.com/bucket", region = "a" }, "without user, path or query" },
    { "user", { endpoint = "http://u:p@x.example.com", region = "a" }, "without user, path or query" },
    { "bucket inside", { endpoint = "https://b.oss-cn-hangzhou.aliyuncs.com" }, "must not contain the bucket" },
    { "cname without endpoint", { region = "cn-hangzhou", cname = true }, "needs option 'endpoint'" },
    { "two kinds at once", { region = "cn-hangzhou", internal = true, dual_stack = true }, "exclude each other" },
    { "accelerate typo", { region = "cn-hangzhou", accelerate = "oversea" }, "'accelerate' must be" },
  }
  for _, case in ipairs(refusals) do
    it("refuses " .. case[1], function()
      local e, message = endpoint.resolve(case[2])
      assert.is_nil(e)
      assert.truthy(message:find(case[3], 1, true), message)
    end)
  end
end)
