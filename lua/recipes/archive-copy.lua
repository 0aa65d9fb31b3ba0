-- Each message for the sales department is copied to an archive; the copy is not copied again.
local archive = "archive@example.test"

pli.on ("deliver", function (msg, rcpt)
  if rcpt.user == "sales" and rcpt.address ~= archive then return pli.copy (archive) end
end)
