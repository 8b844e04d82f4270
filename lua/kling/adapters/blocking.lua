--- blocking: no loop; waiting is letting I/O happen.

return {
  pause = function(client, seconds)
    client:step(seconds)
  end,
}
