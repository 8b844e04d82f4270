--- What busted was called with, for a host that has no command line of its own to give.

return function()
  local words = {}
  for word in io.lines(os.getenv "KLING_ARGUMENTS") do
    words[#words + 1] = word
  end
  return words
end
