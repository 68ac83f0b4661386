-- npm's ali-oss against the local OSS: its own signatures are the proof that ours verifies the right thing.

local peer = require "spec.peers.peer"

describe("npm's ali-oss", function()
  local checks = peer.checks {
    tool = "npm", package = "ali-oss@6.23.0", command = "env NODE_PATH=FOLDER/node_modules node",
    scripts = { "ali_oss/objects.js", "ali_oss/keys.js", "ali_oss/callbacks.js", "ali_oss/multipart.js",
      "ali_oss/urls.js", "ali_oss/forms.js", "ali_oss/refusals.js" },
  }
  for _, check in ipairs(checks) do
    if check.skipped then
      pending(check.name)
    else
      it(check.name, function()
        assert(check.ok, check.detail)
      end)
    end
  end
end)
