--- What the headers of a download's reply say of the file.

local parts = require "kling_parts"

local function read(...)
  return parts.head { ... }
end

describe("a reply's head", function()
  it("says nothing at first", function()
    assert.same({ etag = "", modified = "", date = "", first = -1, last = -1, total = -1,
      is_chunked = false, is_encoded = false }, read())
  end)

  it("is read whatever the case and the blanks", function()
    local head = read("HTTP/1.1 206 Partial Content\r\n", "ETag: \"a b\"\r\n",
      "last-modified:Sun, 22 Nov 2026 10:00:00 GMT", "DATE: \tSun, 22 Nov 2026 11:00:00 GMT \r\n",
      "Content-Range: bytes 5-9/10\r\n", "\r\n")
    assert.same({ '"a b"', "Sun, 22 Nov 2026 10:00:00 GMT", "Sun, 22 Nov 2026 11:00:00 GMT",
      5, 9, 10 }, { head.etag, head.modified, head.date, head.first, head.last, head.total })
  end)

  it("tells versions apart by strong tags only", function()
    assert.equal('""', read('ETag: ""').etag)
    for _, line in ipairs { 'ETag: W/"a"', "ETag: a", 'ETag: "', "ETag:", 'ETag: "a',
      'ETag: "' .. ("x"):rep(300) .. '"', 'ETag: "a\0b"', 'ETag: "a\nb"', 'XETag: "a"' } do
      assert.equal("", read(line).etag, line)
    end
    assert.equal("", read('ETag: "a"', 'ETag: W/"b"').etag)
  end)

  it("says which part of how much", function()
    local function range(text)
      local head = read("content-range: " .. text)
      return { head.first, head.last, head.total }
    end
    assert.same({ 0, 0, 1 }, range "bytes 0-0/1")
    assert.same({ 5, 9, -1 }, range "bytes 5-9/*")
    assert.same({ -1, -1, 10 }, range "bytes */10")
    assert.same({ 5, 9, 123456789012345 }, range "Bytes 5-9/123456789012345")
    for _, text in ipairs { "", "bytes", "bytes ", "bytes 5", "bytes 5-", "bytes 5-9", "bytes 5-9/",
      "bytes 9-5/10", "bytes 5-10/10", "bytes 5-9/10x", "bytes -9/10", "items 5-9/10",
      "bytes 5-9/1234567890123456789", "bytes 5-9/-1", "bytes 5 - 9/10" } do
      assert.same({ -1, -1, -1 }, range(text), text)
    end
  end)

  it("says how the bytes come", function()
    assert.is_true(read("Transfer-Encoding: chunked").is_chunked)
    assert.is_true(read("Content-Encoding: gzip").is_encoded)
    assert.is_false(read("Content-Encoding: Identity").is_encoded)
    assert.is_false(read("Content-Encoding:").is_encoded)
  end)

  it("is the last reply's, after redirects", function()
    local head = read("HTTP/1.1 302 Found", 'ETag: "a"', "Transfer-Encoding: chunked", "",
      "HTTP/2 200 ", "")
    assert.same({ "", false }, { head.etag, head.is_chunked })
  end)
end)
