-- Only those in lua/lists/announcers.domains may write to all@example.test. The directory knows whether the sender is one
-- of us: an address of ours that does not exist is refused as well.
local announcers = pli.list "announcers.domains"

pli.on ("rcpt", function (txn, rcpt)
  if rcpt.address ~= "all@example.test" then return end
  if not announcers:has (txn.sender) then
    return pli.reject { status = "5.7.2", "%s may not write to this list", txn.sender }
  end
  if pli.lookup (txn.sender).kind == "unknown" then
    return pli.reject { status = "5.1.8", "there is no %s", txn.sender }
  end
end)
