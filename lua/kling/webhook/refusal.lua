--- What is said of a callback that is not taken.

local failure = require "kling.failure"

-- The sender is whoever posted; what to answer it is in `http_status`.
local kinds = {
  forged = {
    code = "auth",
    http_status = 401,
    hint = "Answer 401 and do nothing else: polling goes on.",
  },
  unreadable = {
    code = "protocol",
    http_status = 400,
    hint = "Answer 400 and do nothing else: polling goes on.",
  },
  too_large = {
    code = "protocol",
    http_status = 413,
    hint = "Answer 413 and do nothing else: polling goes on.",
  },
}

--- nil, message, failure. `kind` is one of the names above, `reason` the end of a sentence.
return function(kind, reason)
  local facts = kinds[kind]
  local _, message, why = failure.give {
    code = facts.code,
    operation = "receive",
    task_state = "may-exist",
    billed = "maybe",
    reason = reason,
    hint = facts.hint,
  }
  why.http_status = facts.http_status
  return nil, message, why
end
