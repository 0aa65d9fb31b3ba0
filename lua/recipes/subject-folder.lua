-- "[pli] hello" goes to the folder "Lists/pli", mail of machines to "Machines", read already.
pli.on ("deliver", function (msg, rcpt)
  local subject = msg.header.subject or ""
  local tag = subject:match "^%[([%w-]+)%]"
  if tag then return pli.file ("Lists/" .. tag:lower ()) end
  if msg.header.auto_submitted and msg.header.auto_submitted ~= "no" then
    return pli.file ("Machines", { flags = { "\\Seen" } })
  end
end)
