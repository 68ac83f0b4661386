-- The official Go SDK (its second version) against the local OSS.

local peer = require "spec.peers.peer"

describe("the Go module alibabacloud-oss-go-sdk-v2", function()
  local checks = peer.checks {
    tool = "go", package = "spec/peers/go", optional = true,
    command = [[env GOMODCACHE="$PWD/FOLDER" GOPROXY=off GOTOOLCHAIN=local sh -c 'cd "$0" && exec go run .']],
    scripts = { "go" },
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
