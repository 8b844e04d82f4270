--- Random numbers that are the same on every Lua: a failure can be had again from its seed.

local MODULUS, MULTIPLIER = 2147483647, 48271 -- Lehmer's generator: exact in a double

--- A function like math.random: a whole number from 1 to `sides`; without, a number in [0, 1).
return function(seed)
  local state = seed % MODULUS
  if state == 0 then
    state = 1
  end
  return function(sides)
    state = state * MULTIPLIER % MODULUS
    local u = (state - 1) / (MODULUS - 1)
    return sides and math.floor(u * sides) + 1 or u
  end
end
