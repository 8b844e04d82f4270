--- Which addresses a download may connect to.

local core = require "kling.core"
local parts = require "kling_parts"

-- Both ends of each range, and their neighbours. Source: the IANA special-purpose address
-- registries (RFC 6890), RFC 6598 (shared), RFC 6052 (NAT64), RFC 3056 (6to4).
local kinds = {
  public = {
    "1.0.0.0", "1.1.1.1", "8.8.8.8", "9.255.255.255", "11.0.0.0", "93.184.216.34",
    "100.63.255.255", "100.128.0.0", "126.255.255.255", "128.0.0.0", "169.253.255.255",
    "169.255.0.0", "172.15.255.255", "172.32.0.0", "191.255.255.255", "192.0.1.0",
    "192.167.255.255", "192.169.0.0", "198.17.255.255", "198.20.0.0", "223.255.255.255",
    "2606:4700:4700::1111", "2a00:1450:4001:80f::200e", "3fff::1",
    "::ffff:8.8.8.8", "64:ff9b::8.8.8.8", "2002:808:808::1",
  },
  loopback = {
    "127.0.0.0", "127.0.0.1", "127.255.255.255", "::1", "::ffff:127.0.0.1",
    "64:ff9b::127.0.0.1", "2002:7f00:1::1",
  },
  private = {
    "0.0.0.0", "0.255.255.255", -- this network
    "10.0.0.0", "10.0.0.1", "10.255.255.255",
    "100.64.0.0", "100.100.100.200", "100.127.255.255", -- carrier-grade NAT
    "169.254.0.0", "169.254.169.254", "169.254.255.255", -- link-local, cloud metadata
    "172.16.0.0", "172.31.255.255",
    "192.0.0.0", "192.0.0.192", "192.0.0.255",
    "192.168.0.0", "192.168.1.1", "192.168.255.255",
    "198.18.0.0", "198.19.255.255", -- benchmarking
    "224.0.0.0", "239.255.255.255", "240.0.0.0", "255.255.255.255",
    "::", "::2", "::7f00:1", "::10.0.0.1", -- the last: a form out of use
    "fc00::", "fd00:ec2::254", "fdff:ffff::1", -- unique local, cloud metadata
    "fe80::1", "febf::1", "fec0::1", -- link-local, site-local
    "ff02::1", "ffff::1", "100::1", "1fff::1", "4000::1",
    "::ffff:10.0.0.1", "::ffff:169.254.169.254", "::ffff:0.0.0.0", "::ffff:255.255.255.255",
    "64:ff9b::10.0.0.1", "64:ff9b::169.254.169.254", "64:ff9b:1::8.8.8.8",
    "2002:a00:1::1", "2002:a9fe:a9fe::1", "2002:c0a8:101::1",
  },
}

describe("an address", function()
  for kind, addresses in pairs(kinds) do
    for _, address in ipairs(addresses) do
      it(("%s is %s"):format(address, kind), function()
        assert.equal(kind, parts.address_kind(address))
      end)
    end
  end

  it("of another family is private", function()
    assert.equal("private", parts.unix_address_kind())
  end)
end)

describe("a host", function()
  it("is certainly this machine", function()
    for _, host in ipairs {
      "localhost", "LocalHost", "127.0.0.1", "127.1.2.3", "127.255.255.255", "::1", "[::1]",
    } do
      assert.is_true(core.is_loopback(host), host)
    end
  end)

  it("is not certainly this machine", function()
    for _, host in ipairs {
      "", "localhost.", "localhost.example.com", "xlocalhost", "127.0.0.1.example.com", "127.1",
      "127.0.0.1 ", " 127.0.0.1", "0127.0.0.1", "2130706433", "0x7f.0.0.1", "127.0.0.256",
      "128.0.0.1", "126.255.255.255", "0.0.0.0", "10.0.0.1", "::", "[::]", "[::1", "::1]",
      "[::ffff:127.0.0.1]", "[127.0.0.1]",
    } do
      assert.is_false(core.is_loopback(host), host)
    end
  end)
end)
