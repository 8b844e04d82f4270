--- blocking: no loop; waiting is letting I/O happen. `step` does what falls due meanwhile.

return {
  pause = function(client, _, most)
    client:step(most)
  end,
}
