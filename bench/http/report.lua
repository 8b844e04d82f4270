--- The tables of bench/http/run.lua: as text, as Markdown for the README, as data for the plots.

local M = {}

local PROTOCOLS = { h1 = "HTTP/1.1", tls = "TLS, HTTP/1.1", h2 = "HTTP/2" }
local PLACES = { near = "near", far = "150 ms away" }
local TELLING = 200 -- requests in a run: of fewer, what the rest costs says more

-- The median, the least and the most.
local function median(list)
  table.sort(list)
  return list[math.ceil(#list / 2)], list[1], list[#list]
end

--- What the cheaper of the base's programs costs: `value_of` says what one does; nil: it failed.
local function base_of(programs, value_of)
  local least
  for _, program in ipairs(programs) do
    local value = program.is_base and value_of(program)
    if value and (not least or value < least) then
      least = value
    end
  end
  return least
end

local function cpu_in(cell)
  return function(program)
    local cost = cell.costs[program]
    local is_telling = cost and not cost.failed and cell.requests >= TELLING
    return is_telling and (median(cost.cpu)) or nil
  end
end

local function ratio_text(cell, program, value_of, base)
  local value = value_of(program)
  if value and base then
    return value > 0 and ("%.2f"):format(value / base) or "noise"
  end
  local cost = cell.costs[program]
  return cost and cost.failed and "failed" or "-"
end

local function title_of(cell)
  return ("%s, %s"):format(PROTOCOLS[cell.protocol], PLACES[cell.place])
end

-- One column a cell, one row a program that is in one of them: multiples of the best C program's.
local function ratios(programs, cells, values_in)
  local rows = {}
  for _, program in ipairs(programs) do
    local row, is_in = { program.name }, false
    for i, cell in ipairs(cells) do
      local value_of = values_in(cell)
      row[i + 1] = ratio_text(cell, program, value_of, base_of(programs, value_of))
      is_in = is_in or row[i + 1] ~= "-"
    end
    rows[#rows + 1] = is_in and row or nil
  end
  return rows
end

local function cells_of(cells, place)
  local found = {}
  for _, cell in ipairs(cells) do
    if cell.place == place then
      found[#found + 1] = cell
    end
  end
  return found
end

function M.ratios(out, programs, cells)
  out "CPU time a request, as a multiple of the best C program's on libcurl (of the cheaper of its"
  out "two loops), by requests in flight (-: not measured, or too few requests for that):"
  out "What a run without requests costs is taken off. Ours then opens few connections, two at a"
  out "time: of 1000 over TLS most handshakes are in the figure."
  for _, place in ipairs { "near", "far" } do
    local here = cells_of(cells, place)
    local head, count = (" "):rep(24), (" "):rep(24)
    for i, cell in ipairs(here) do
      local is_new = i == 1 or here[i - 1].protocol ~= cell.protocol
      head = head .. (is_new and ("%-7s"):format("  " .. cell.protocol) or (" "):rep(7))
      count = count .. ("%7d"):format(cell.in_flight)
    end
    out(("\n%s\n%s\n%s"):format(PLACES[place], head, count))
    for _, row in ipairs(ratios(programs, here, cpu_in)) do
      local line = ("%-24s"):format(row[1])
      for i = 2, #row do
        line = line .. ("%7s"):format(row[i])
      end
      out(line)
    end
  end
end

local function text(format, value)
  return value and format:format(value) or "-"
end

function M.cell(out, programs, cell)
  out(("\n%s, %d in flight: %d runs"):format(title_of(cell), cell.in_flight, cell.rounds))
  out(("  %-24s %8s %6s %16s %10s %8s %8s %8s"):format(
    "", "CPU us", "ratio", "least .. most", "requests/s", "p50 ms", "p99 ms", "peak MB"))
  local value_of = cpu_in(cell)
  local base = base_of(programs, value_of)
  for _, program in ipairs(programs) do
    local cost = cell.costs[program]
    if cost and cost.failed then
      out(("  %-24s failed or hung"):format(program.name))
    elseif cost then
      local cpu, least, most = median(cost.cpu)
      out(("  %-24s %8.1f %6s %7.1f .. %5.1f %10.0f %8s %8s %8.1f"):format(
        program.name, cpu, base and ("%.2f"):format(cpu / base) or "-", least, most,
        median(cost.per_second), text("%.2f", median(cost.p50)),
        text("%.2f", median(cost.p99)), median(cost.peak)))
    end
  end
end

local function counted(cell, what)
  return function(program)
    local cost = cell.costs[program]
    return cost and cost[what]
  end
end

function M.counts(out, programs, cells)
  for _, what in ipairs { "instructions", "allocations" } do
    out(("\n%s a request %s, and the multiple of the best C program's"):format(
      what, PLACES[cells[1].place]))
    local head = (" "):rep(24)
    for _, cell in ipairs(cells) do
      head = head .. ("%20s"):format(("%s, %d in flight"):format(cell.protocol, cell.in_flight))
    end
    out(head)
    for _, program in ipairs(programs) do
      local line = ("%-24s"):format(program.name)
      local is_counted = false
      for _, cell in ipairs(cells) do
        local value_of = counted(cell, what)
        local value = value_of(program)
        is_counted = is_counted or value ~= nil
        line = line .. (value and ("%13.0f %6s"):format(
          value, ratio_text(cell, program, value_of, base_of(programs, value_of)))
          or ("%20s"):format "-")
      end
      if is_counted then
        out(line)
      end
    end
  end
end

-- The columns of the README's table of times, as far as they were measured.
local CHOSEN = {
  { "h1", "near", 16 }, { "h1", "near", 100 }, { "h1", "near", 1000 },
  { "h2", "near", 16 }, { "h2", "near", 100 }, { "h2", "near", 1000 },
  { "h1", "far", 1000 }, { "h2", "far", 1000 },
}

local function chosen(cells)
  local found = {}
  for _, want in ipairs(CHOSEN) do
    for _, cell in ipairs(cells) do
      if cell.protocol == want[1] and cell.place == want[2] and cell.in_flight == want[3] then
        found[#found + 1] = cell
      end
    end
  end
  return found
end

local function markdown_table(out, title, cells, rows)
  local head = { title }
  for i, cell in ipairs(cells) do
    head[i + 1] = ("%s, %s%d"):format(
      PROTOCOLS[cell.protocol], cell.place == "far" and "150 ms, " or "", cell.in_flight)
  end
  out("| " .. table.concat(head, " | ") .. " |")
  out("|---|" .. ("--:|"):rep(#cells))
  for _, row in ipairs(rows) do
    row[1] = row[1] == "kling" and "**kling**" or row[1]
    out("| " .. table.concat(row, " | ") .. " |")
  end
end

--- The README's tables.
function M.markdown(out, programs, cells, counts)
  cells = chosen(cells)
  markdown_table(out, "CPU time a request", cells, ratios(programs, cells, cpu_in))
  out ""
  markdown_table(out, "instructions a request", counts, ratios(programs, counts, function(cell)
    return counted(cell, "instructions")
  end))
end

local function number(value)
  return value and ("%.3f"):format(value) or "NaN"
end

--- One file a protocol and place: a row for each number in flight, microseconds by program.
function M.data(folder, programs, cells)
  local files = {}
  for _, cell in ipairs(cells) do
    local path = ("%s/%s-%s.dat"):format(folder, cell.protocol, cell.place)
    local file = files[path]
    if not file then
      file = assert(io.open(path, "w"))
      files[path] = file
      file:write "in_flight base"
      for _, program in ipairs(programs) do
        if program.colour then
          file:write((' "%s"'):format(program.name))
        end
      end
      file:write "\n"
    end
    local value_of = cpu_in(cell)
    file:write(cell.in_flight, " ", number(base_of(programs, value_of)))
    for _, program in ipairs(programs) do
      if program.colour then
        file:write(" ", number(value_of(program)))
      end
    end
    file:write "\n"
  end
  for _, file in pairs(files) do
    file:close()
  end
end

return M
