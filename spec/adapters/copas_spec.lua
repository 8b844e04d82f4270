--- The contract under copas.

require "spec.adapters.contract"(require "spec.hosts.copas")
