--- The contract under luv.

require "spec.adapters.contract"(require "spec.hosts.luv")
