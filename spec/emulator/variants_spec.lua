--- Every variant changes what the contract says it changes, on the wire.

local cjson = require("cjson")

local emulator = require("kling.emulator")
local variants = require("kling.emulator.variants")

local ENDPOINT = "/kling/v1/audio/video-to-audio"
local START = 1785000000
local CREATE = '{"video_url":"http://h/c.mp4","external_task_id":"mine"}'
local MEDIA = { duration = 5.25, mp3 = "a", wav = "b", video = "c" }

describe("emulator variant", function()
  local service

  before_each(function()
    service = emulator.new({ clock = "manual", start = START })
  end)

  local function ask(method, path, body)
    local before, query = path:match("^([^?]*)%??(.*)$")
    local reply = service:request({
      method = method, path = before, query = query, body = body,
      headers = { authorization = "Bearer key" },
    })
    return reply.body, reply.status
  end

  local function create()
    return ask("POST", ENDPOINT, CREATE)
  end

  -- The reply to a query of a task in this state.
  local function query(state)
    create()
    local task = service.service.tasks[1]
    if state == "failed" then
      service.service:fail(task, "Image pixel is invalid")
    else
      service.service:finish(task, MEDIA)
    end
    service:advance(({ submitted = 0, processing = 2 })[state] or 10)
    return ask("GET", ENDPOINT .. "/" .. task.id)
  end

  local function not_found()
    return ask("GET", ENDPOINT .. "/123")
  end

  local function listing()
    create()
    return ask("GET", ENDPOINT)
  end

  local function wrong_path()
    return ask("GET", "/nowhere/at/all")
  end

  local function second_create()
    create()
    return create()
  end

  local function of(state)
    return function()
      return query(state)
    end
  end

  local function by_external_id()
    create()
    return ask("GET", ENDPOINT .. "/mine")
  end

  local function decoded(check)
    return function(text)
      check(cjson.decode(text))
    end
  end

  local function status(expected)
    return function(_, got)
      assert.equal(expected, got)
    end
  end

  local function has(pattern)
    return function(text)
      assert.matches(pattern, text)
    end
  end

  local function has_not(pattern)
    return function(text)
      assert.not_matches(pattern, text)
    end
  end

  -- variant -> the reply to look at, and what must hold of it; of the other replies of its group
  -- it must not hold.
  local cases = {
    bare = { of("succeed"), decoded(function(b) assert.equal("succeed", b.data.task_status) end) },
    wrapped = { of("processing"), decoded(function(b)
      assert.same({ "success", "IN_PROGRESS", "50%", START },
        { b.code, b.data.status, b.data.progress, b.data.submit_time })
      assert.equal("processing", b.data.data.task_status)
    end) },
    wrapped_envelope = { of("succeed"), decoded(function(b)
      assert.equal(0, b.data.data.code)
      assert.equal("succeed", b.data.data.data.task_status)
    end) },
    wrapped_null = { of("processing"), decoded(function(b)
      assert.equal(cjson.null, b.data.data)
      assert.equal("IN_PROGRESS", b.data.status)
    end) },
    wrapped_early_failure = { of("processing"), decoded(function(b)
      assert.equal("FAILURE", b.data.status)
      assert.equal("processing", b.data.data.task_status)
      assert.is_true(#b.data.fail_reason > 0)
    end) },
    task_info_filled = { create, has('"task_info":{"external_task_id":"mine"}') },
    task_info_empty = { create, has('"task_info":{}') },
    task_info_null = { create, has('"task_info":{"external_task_id":null}') },
    task_info_absent = { create, has_not("task_info") },
    task_result_empty = { of("processing"), has('"task_result":{}') },
    task_result_absent = { of("processing"), has_not("task_result") },
    ids_18_digits = { create, has('"task_id":"%d' .. ("%d"):rep(17) .. '"') },
    ids_19_digits = { create, has('"task_id":"%d' .. ("%d"):rep(18) .. '"') },
    ids_letters = { create, has('"task_id":"%w*%a%w*"') },
    ids_numeric = { create, has('"task_id":' .. ("%d"):rep(18) .. ",") },
    ids_numeric_20 = { create, has('"task_id":' .. ("%d"):rep(20) .. ",") },
    succeed = { of("succeed"), has('"task_status":"succeed"') },
    succeeded = { of("succeed"), has('"task_status":"succeeded"') },
    url_mp3 = { of("succeed"), has('"duration_mp3":"5.25","duration_wav".*"url_mp3".*"url_wav"') },
    mp3_url = { of("succeed"), has('"mp3_duration":"5.25","mp3_url".*"wav_duration".*"wav_url"') },
    duration_strings = { of("succeed"), has('"duration":"5.25"') },
    duration_numbers = { of("succeed"), has('"duration":5.25,') },
    duration_absent = { of("succeed"), has_not("duration") },
    audios_and_videos = { of("succeed"), has('"audios":%[.*"videos":%[') },
    audios_only = { of("succeed"), has_not("videos") },
    videos_only = { of("succeed"), has_not("audios") },
    status_message_absent = { of("processing"), has_not("task_status_msg") },
    status_message_empty = { of("processing"), has('"task_status_msg":""') },
    known_status = { of("processing"), has('"task_status":"processing"') },
    unknown_status = { of("processing"), has('"task_status":"reviewing"') },
    failure_reason_given = { of("failed"), decoded(function(b)
      assert.same({ "SUCCEED", "failed", "Image pixel is invalid" },
        { b.message, b.data.task_status, b.data.task_status_msg })
    end) },
    failure_reason_empty = { of("failed"), has('"task_status_msg":""') },
    message_SUCCEED = { create, has('"message":"SUCCEED"') },
    message_success = { create, has('"message":"success"') },
    request_id_present = { create, has('"request_id":"%x+%-') },
    request_id_absent = { create, has_not("request_id") },
    request_id_is_task_id = { create, decoded(function(b)
      assert.equal(b.data.task_id, b.request_id)
    end) },
    extras_absent = { of("succeed"), function(text)
      assert.not_matches("parent_video", text)
      assert.not_matches("x_preview", text)
    end },
    extras_documented = { of("succeed"), decoded(function(b)
      assert.equal("0.25", b.data.final_unit_deduction)
      assert.equal("5.25", b.data.task_info.parent_video.duration)
    end) },
    extras_unknown = { of("succeed"), has('"x_preview":%[%]') },
    not_found_1201 = { not_found, has('"code":1201') },
    not_found_1203 = { not_found, status(404) },
    not_found_task_not_exist = { not_found,
      has('^{"code":"task_not_exist","data":null,"message":"task_not_exist"}$') },
    first_look_finds = { of("submitted"), status(200) },
    first_look_misses = { of("submitted"), status(400) },
    external_id_query_on = { by_external_id, status(200) },
    external_id_query_off = { by_external_id, status(400) },
    external_id_unique = { second_create, status(400) },
    external_id_reusable = { second_create, status(200) },
    list_on = { listing, has('"task_result":{}') },
    list_brief = { listing, has('^{"code":0,"data":%[{"created_at":[^}]+"task_info":{[^}]+},'
      .. '"task_status":"submitted",') },
    list_off = { listing, status(301) },
    errors_kling = { second_create,
      has('^{"code":1201,"message":".-already exists","request_id"') },
    errors_code_text = { second_create, has('^{"code":"1201","message"') },
    errors_comet = { second_create,
      has('^{"error":{"code":"1201","message":".- %(request id: .-","type":"comet_api_error"}}$') },
    errors_comet_null = { second_create, has('{"error":{"code":null,') },
    errors_comet_old = { second_create, has('{"error":{"code":"",.*comet_api_error') },
    errors_new_api = { second_create, has('{"error":{"code":"",.*new_api_error') },
    errors_relay = { second_create, has('^{"code":"1201","data":null,"message"') },
    errors_nested = { second_create, has('^{"data":{"data":{"code":1201,.*},"message"') },
    errors_html = { second_create, has("^<!DOCTYPE html>") },
    wrong_path_redirect = { wrong_path, status(301) },
    wrong_path_html = { wrong_path, status(200) },
    wrong_path_404 = { wrong_path, has('Invalid URL %(GET /nowhere/at/all%)') },
    failed_refunded = { of("failed"), function()
      assert.is_true(service:ledger()[1].refunded)
    end },
    failed_billed = { of("failed"), function()
      assert.is_false(service:ledger()[1].refunded)
    end },
    links_fixed = { of("succeed"), has("Expires=" .. START + 4 + 30 * 86400) },
    links_fresh = { of("succeed"), has("Expires=" .. START + 10 + 30 * 86400) },
  }

  it("has a case here, and every case is a variant", function()
    local named, tried = {}, {}
    for name, about in pairs(emulator.variants) do
      assert.is_true(#about > 10)
      named[#named + 1] = name
    end
    for name in pairs(cases) do
      tried[#tried + 1] = name
    end
    table.sort(named)
    table.sort(tried)
    assert.same(named, tried)
  end)

  local function try(name, case)
    service = emulator.new({ clock = "manual", start = START, variants = { name } })
    case[2](case[1]())
  end

  for _, group in ipairs(variants.groups) do
    for i = 2, #group do
      local name = group[i][1]
      it(name .. " is seen in its reply and not in its neighbours'", function()
        try(name, cases[name])
        for j = 2, #group do
          if j ~= i then
            local other = group[j][1]
            assert.is_false(pcall(try, other, cases[name]), other .. " looks the same")
          end
        end
      end)
    end
  end

  it("default goes back to all defaults", function()
    service:variant("wrapped")
    service:variant("ids_numeric")
    service:variant("default")
    assert.matches('^{"code":0,"data":{"created_at":%d+,"task_id":"', (query("succeed")))
  end)
end)
