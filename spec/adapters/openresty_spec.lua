--- The contract inside an nginx worker. Elsewhere there is nothing to specify.

if _G.ngx then
  require "spec.adapters.contract"(require "spec.hosts.openresty")
end
