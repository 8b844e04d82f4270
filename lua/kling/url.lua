--- The few things we need to know of a URL.

local core = require "kling.core"

local M = {
  SERVICE = "https://api.cometapi.com",
}

--- "http", "https", or nil.
function M.scheme(url)
  local scheme = url:match "^(%a[%w+.-]*)://"
  scheme = scheme and scheme:lower()
  return (scheme == "http" or scheme == "https") and scheme or nil
end

--- The host, without user, port and brackets; nil when there is none. A backslash ends it for some
--- readers and not for libcurl: then there is none that all agree on.
function M.host(url)
  local authority = url:match "^%a[%w+.-]*://([^/?#]*)"
  if not authority or authority:find("\\", 1, true) then
    return nil
  end
  authority = authority:gsub("^.*@", "")
  local host = authority:match "^%[([%x:.]+)%]:?%d*$" or authority:match "^([^:%[%]]+):?%d*$"
  return host and host:lower() or nil
end

--- Does it certainly lead to this machine?
function M.is_loopback(url)
  local host = M.host(url)
  return host ~= nil and core.is_loopback(host)
end

local function is_port(text)
  local number = tonumber(text)
  return number >= 1 and number <= 65535
end

--- Why this cannot be a base_url, or nil.
function M.check_base(url)
  local host = M.host(url)
  if not M.scheme(url) or not host or url:find "[%c%s]" or url:find "@" then
    return "https://host[:port][/path] expected"
  elseif url:find "[?#]" then
    return "a URL without query and fragment expected"
  end
  local port = url:match "://([^/]*)":match ":(%d+)$"
  if port and not is_port(port) then
    return "a port from 1 to 65535 expected"
  elseif #url > 512 then
    return "at most 512 bytes expected"
  end
end

--- A URL for people: without the query, where signatures are.
function M.for_people(url)
  return (url:gsub("[?#].*$", "?..."))
end

return M
