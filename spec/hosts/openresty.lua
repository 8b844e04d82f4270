--- nginx, for the contract: light threads of the timer that the specs run in.

local ngx = _G.ngx

local TURN = 0.005 -- seconds

return {
  name = "openresty",
  loop = "openresty",
  sleep = ngx.sleep,
  start = function(f)
    ngx.thread.spawn(f)
  end,
  turn = function()
    ngx.sleep(TURN)
  end,
}
