--- The few things we need to know of a URL, also of one that somebody made to deceive.

local url = require "kling.url"

describe("a URL's scheme", function()
  it("is http or https, in small letters", function()
    for text, scheme in pairs {
      ["http://a"] = "http", ["https://a"] = "https", ["HTTPS://a"] = "https",
      ["Http://a"] = "http",
    } do
      assert.equal(scheme, url.scheme(text))
    end
  end)

  it("is nothing else", function()
    for _, text in ipairs {
      "", "a", "//a", "://a", "ftp://a", "file:///a", "https:a", "https:/a", " https://a",
      "x-https://a", "httpss://a", "ht tp://a", "https ://a", "1http://a", "http", "http:",
    } do
      assert.is_nil(url.scheme(text), text)
    end
  end)
end)

describe("a URL's host", function()
  it("is without user, port, brackets and capitals", function()
    for text, host in pairs {
      ["https://example.com"] = "example.com",
      ["https://EXAMPLE.com/Path"] = "example.com",
      ["https://example.com:8443/a?b#c"] = "example.com",
      ["https://example.com:/a"] = "example.com",
      ["https://example.com?a"] = "example.com",
      ["https://example.com#a"] = "example.com",
      ["http://127.0.0.1:8080"] = "127.0.0.1",
      ["http://[::1]:80/"] = "::1",
      ["http://[2001:DB8::1]"] = "2001:db8::1",
      ["http://[::ffff:127.0.0.1]:80"] = "::ffff:127.0.0.1",
      ["https://user@example.com/"] = "example.com",
      ["https://user:word@example.com:80/"] = "example.com",
      ["https://user:word@[::1]:80/"] = "::1",
      ["https://example.com/@other.example/"] = "example.com",
      ["https://example.com?@other.example"] = "example.com",
      ["https://example.com#@other.example"] = "example.com",
      ["https://127.0.0.1@example.com/"] = "example.com",
      ["https://127.0.0.1:80@example.com/"] = "example.com",
      ["https://localhost@127.0.0.1@example.com/"] = "example.com",
    } do
      assert.equal(host, url.host(text))
    end
  end)

  it("is not there in what has none", function()
    for _, text in ipairs {
      "", "example.com", "//example.com", "https:example.com", "https://", "https:///a",
      "https://?a", "https://:80", "https://user@", "https://user@:80/", "https://[::1",
      "https://::1]", "https://[]", "https://[zz]", "https://[::1%25lo]", "https://[::1]x",
      "https://[::1]:80x", "https://a:b", "https://a:80:90",
    } do
      assert.is_nil(url.host(text), text)
    end
  end)
end)

describe("a URL", function()
  it("leads to this machine for certain", function()
    for _, text in ipairs {
      "http://localhost", "http://LOCALHOST:80/a", "http://127.0.0.1/", "http://127.9.9.9:1",
      "http://[::1]:8080/a?b", "https://127.0.0.1", "http://user@127.0.0.1/",
    } do
      assert.is_true(url.is_loopback(text), text)
    end
  end)

  it("does not, or not for certain", function()
    for _, text in ipairs {
      "http://127.0.0.1@example.com/", "http://127.0.0.1:80@example.com/",
      "http://[::1]@example.com/", "http://localhost.example.com/", "http://example.com/127.0.0.1",
      "http://example.com?127.0.0.1", "http://example.com#@127.0.0.1",
      "http://127.0.0.1.example.com", "http://127%2e0%2e0%2e1/", "http://127.1/",
      "http://2130706433/", "http://0x7f000001/", "http://0.0.0.0/", "http://[::]/",
      "http://[::ffff:127.0.0.1]/", "http://169.254.169.254/", "localhost", "", "http://",
      "http://localhost.", "http://127.0.0.1%00.example.com/",
    } do
      assert.is_false(url.is_loopback(text), text)
    end
  end)

  -- Some readers take a backslash for a slash, others for a part of the user's name.
  it("with a backslash before its path leads nowhere for certain", function()
    for _, text in ipairs {
      "http://127.0.0.1\\@example.com/", "http://example.com\\@127.0.0.1/", "http://localhost\\x",
      "http:\\\\127.0.0.1/", "http://127.0.0.1\\.example.com/",
    } do
      assert.is_false(url.is_loopback(text), text)
    end
  end)
end)

describe("a base_url", function()
  it("is a scheme, a host, and maybe a port and a path", function()
    for _, text in ipairs {
      "https://api.cometapi.com", "https://api.cometapi.com/", "http://127.0.0.1:8080",
      "HTTP://[::1]:80/a/b", "https://example.com/relay/v1",
    } do
      assert.is_nil(url.check_base(text), text)
    end
  end)

  it("is nothing else", function()
    for _, text in ipairs {
      "", "api.cometapi.com", "ftp://example.com", "https://", "https:///a",
      "https://user@example.com", "https://user:word@example.com", "https://example.com/a@b",
      "https://exa mple.com", "https://example.com\n", "https://example.com/\0", "https://[::1",
    } do
      assert.equal("https://host[:port][/path] expected", url.check_base(text), text)
    end
    for _, text in ipairs { "https://a.test?b", "https://a.test/#", "https://a.test/b?c" } do
      assert.equal("a URL without query and fragment expected", url.check_base(text), text)
    end
  end)

  it("is not too long", function()
    local base = "https://example.com/"
    assert.is_nil(url.check_base(base .. ("a"):rep(512 - #base)))
    assert.equal("at most 512 bytes expected", url.check_base(base .. ("a"):rep(513 - #base)))
  end)
end)

describe("a URL for people", function()
  it("has nothing that signs it", function()
    for text, shown in pairs {
      ["https://a/b"] = "https://a/b",
      ["https://a/b?Signature=secret"] = "https://a/b?...",
      ["https://a/b?x=1&y=2#z"] = "https://a/b?...",
      ["https://a/b#secret"] = "https://a/b?...",
      ["https://a?b\nc"] = "https://a?...",
    } do
      assert.equal(shown, url.for_people(text))
    end
  end)

  it("is one value", function()
    assert.equal(1, select("#", url.for_people "https://a?b"))
  end)
end)
