--- The contract where nothing runs beside a wait.

require "spec.adapters.contract"(require "spec.hosts.blocking")
