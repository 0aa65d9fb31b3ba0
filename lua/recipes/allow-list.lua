-- Partners are never refused by the rules of this file; who comes from a range that we do not want is.
-- The ranges are in lua/lists: an address or address/length a line.
local partners = pli.list "partners.cidr"
local unwanted = pli.list "unwanted.cidr"

pli.on ("connect", function (session)
  if not partners:has (session.peer) and unwanted:has (session.peer) then
    return pli.reject { code = 554, "no mail from %s, please", session.peer }
  end
end)
