pli.test ("an unwanted range is refused", function (t)
  local r = t.run { stage = "connect", peer = "198.51.100.8" }
  assert (r.kind == "reject" and r.code == 554 and r.where == "allow-list.lua:8")
end)

pli.test ("partners in it are not, nor anybody else", function (t)
  assert (t.run { stage = "connect", peer = "198.51.100.7" }.kind == "none")
  assert (t.run { stage = "connect", peer = "192.0.2.1" }.kind == "none")
end)
