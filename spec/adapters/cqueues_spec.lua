--- The contract under cqueues.

require "spec.adapters.contract"(require "spec.hosts.cqueues")
