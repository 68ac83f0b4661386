-- The official Python SDK (its second version) against the local OSS.

local peer = require "spec.peers.peer"

describe("PyPI's alibabacloud-oss-v2", function()
  local checks = peer.checks {
    tool = "pip", package = "alibabacloud-oss-v2==1.4.1",
    command = "env PYTHONPATH=FOLDER PYTHONDONTWRITEBYTECODE=1 python3",
    scripts = { "python/objects.py", "python/callbacks.py", "python/urls.py" },
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
