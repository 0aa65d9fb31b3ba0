-- policy.lua: the rules of this server, one function a stage. docs/lua.md lists stages, objects and answers; lua/recipes
-- has more rules to copy. After a change: `pli policy check`, then `pli reload`.
--
-- A function returns an answer (pli.reject, pli.defer, pli.quarantine, pli.discard, pli.file, …) or nothing. Other files
-- NAME.lua beside this one are read too, after it, in order of name.

-- A scanner in front of this server has marked the message as spam: it goes to the mailbox for junk.
pli.on ("headers", function (txn, msg)
  if not txn.login and msg.header["x-spam-flag"] == "YES" then
    return pli.quarantine "marked by X-Spam-Flag"
  end
end)

-- Mail for ann+lists@… goes to her folder "lists", which is made when it is missing.
--
-- pli.on ("deliver", function (msg, rcpt)
--   if rcpt.detail then return pli.file (rcpt.detail) end
-- end)

-- Large messages leave by another way: `[route slow]` in conf.d says which.
--
-- pli.route (function (msg, rcpt)
--   if msg.size > 20 * pli.MiB then return pli.to "slow" end
-- end)
