-- Refuses attachments that are programs, by the end of their names or by type.
local bad = { exe = true, scr = true, js = true, vbs = true, bat = true, cmd = true, lnk = true, iso = true }

pli.on ("message", function (txn, msg)
  for _, part in ipairs (msg.parts) do
    local ending = part.name and part.name:lower ():match "%.(%w+)%s*$"
    if bad[ending or ""] or part.type == "application/x-msdownload" then
      return pli.reject { status = "5.7.1", "attachments of type %s are not taken here", ending or part.type }
    end
  end
end)
