pli.test ("small messages take the usual way", function (t)
  assert (t.run { stage = "route", file = "plain.eml" }.kind == "none")
  assert (t.run { stage = "route", file = "plain.eml", size = 20 * pli.MiB }.kind == "none")
end)

pli.test ("large ones the slow one", function (t)
  local r = t.run { stage = "route", file = "plain.eml", size = 21 * pli.MiB }
  assert (r.kind == "to" and r.name == "slow", r.kind)
end)
