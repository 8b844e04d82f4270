--- No loop: one coroutine after the other.

return {
  name = "blocking",
  loop = "blocking",
  start = function(f)
    coroutine.wrap(f)()
  end,
  turn = function() end,
}
